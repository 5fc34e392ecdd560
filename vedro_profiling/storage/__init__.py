"""Points in files: k6 NDJSON and Parquet."""
