namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// The tables of the cluster's members. Times are ticks of UTC, as the engine has them; <c>alive_db</c> is the server's
/// own time of the same moment. An etag is a number that each change raises. A backup leaves these tables out: a
/// restored store is another cluster.
/// </summary>
internal static class MembersSchema
{
    /// <summary>The silos of a cluster, the dead ones for some days.</summary>
    internal const string Members = """
        CREATE TABLE ot.members (
            cluster text COLLATE "C" NOT NULL,
            address text COLLATE "C" NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            status integer NOT NULL,
            gateway_port integer NOT NULL,
            host text NOT NULL,
            name text NOT NULL,
            started bigint NOT NULL,
            alive bigint NOT NULL,
            alive_db timestamptz NOT NULL DEFAULT clock_timestamp(),
            suspects text[] NOT NULL,
            suspect_at bigint[] NOT NULL,
            etag bigint NOT NULL,
            PRIMARY KEY (cluster, address, port, generation))
        """;

    /// <summary>The version of a cluster's members: each change of one raises it in the same transaction.</summary>
    internal const string Version = """
        CREATE TABLE ot.members_version (
            cluster text COLLATE "C" PRIMARY KEY, version integer NOT NULL, etag bigint NOT NULL)
        """;
}
