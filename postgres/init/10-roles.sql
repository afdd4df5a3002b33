-- Generated from the spec by `make generate`; edit spec.yaml instead.
-- Roles and databases of the sample's PostgreSQL.
\set ON_ERROR_STOP on
\set shop_password `cat "${STACK_SECRETS:-/run/secrets}/shop_database_password"`
\set monitor_password `cat "${STACK_SECRETS:-/run/secrets}/monitor_database_password"`
-- owns the marketplace's database, and nothing else
CREATE ROLE shop LOGIN PASSWORD :'shop_password';
-- may read statistics, and no row of anybody's
CREATE ROLE monitor LOGIN PASSWORD :'monitor_password' IN ROLE pg_monitor CONNECTION LIMIT 5;
CREATE DATABASE shop OWNER shop;
\connect shop
CREATE EXTENSION pg_stat_statements;
