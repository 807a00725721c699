"""PostgreSQL: repositories, journal writer, migrations, the embedded server. Nobody else knows SQL."""
