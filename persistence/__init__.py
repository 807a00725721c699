"""PostgreSQL and Redis adapters and the migrations. The only folder that knows SQL."""
