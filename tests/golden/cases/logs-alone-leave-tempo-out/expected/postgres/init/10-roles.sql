-- Generated from the spec by `make generate`; edit spec.yaml instead.
-- Roles and databases of the sample's PostgreSQL.
\set ON_ERROR_STOP on
\set shop_password `cat "${STACK_SECRETS:-/run/secrets}/shop_database_password"`
\set monitor_password `cat "${STACK_SECRETS:-/run/secrets}/monitor_database_password"`
-- no statement that holds a password is remembered
SET pg_stat_statements.track_utility = off;
-- owns the marketplace's database, and nothing else
SELECT 'CREATE ROLE shop LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop') \gexec
ALTER ROLE shop PASSWORD :'shop_password';
-- may read statistics, and no row of anybody's
SELECT 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor CONNECTION LIMIT 5' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'monitor') \gexec
ALTER ROLE monitor PASSWORD :'monitor_password';
SELECT 'CREATE DATABASE shop OWNER shop' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \gexec
\connect shop
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
