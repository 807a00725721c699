#!/bin/sh
# Runs once, on an empty volume: the role that the hub connects as. It owns nothing and cannot bypass row-level
# security; the migrations grant it what it needs.
set -eu

psql --set=ON_ERROR_STOP=1 --set=password="$HUB_PASSWORD" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE clarion_hub LOGIN PASSWORD :'password' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
