using System.Buffers.Binary;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Inspects the database file before SQLite may touch it, and creates it if there is none. Throws
/// <see cref="UnusableDatabaseException"/> rather than change a file that may be foreign or damaged.
/// </summary>
internal static class DatabaseFile
{
    private const int HeaderSize = 100;

    // The first four bytes of a log, the first byte first; the last bit tells the byte order of its checksums.
    private const uint LogStart = 0x377f0682;

    internal static void Prepare(string path, TimeSpan busyTimeout) => Prepare(path, busyTimeout, SchemaText.Steps);

    /// <summary>
    /// Prepares the file of a program that knows these steps. A file with more steps is one that a later version has
    /// prepared; this program can use it, because steps only add.
    /// </summary>
    internal static void Prepare(string path, TimeSpan busyTimeout, ImmutableArray<string> steps)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        MakeFolder(folder);
        RefuseNetwork(folder);
        var fresh = !CheckHeader(path);
        try
        {
            if (fresh)
                PrivateFiles.Create(path);
            using var connection = Connection.Open(path, create: false, busyTimeout);
            // A process killed during its first start can leave a file without tables.
            if (fresh || IsEmpty(connection))
                Make(connection);
            CheckSchema(connection);
            Take(steps, connection);
            CheckTables(connection);
        }
        catch (SqliteFault fault)
        {
            throw Refusal(fault);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException(
                "Cannot create the database file tasks.db in the data folder. Check the folder's permissions and its "
                + "disk.", e);
        }

        if (fresh)
            SyncFolder(folder);
    }

    private static UnusableDatabaseException Refusal(SqliteFault fault) => new(fault.Kind switch
    {
        ResultCode.Corrupt or ResultCode.NotADatabase => Damaged("SQLite cannot read it"),
        _ => $"Cannot open the database file tasks.db in the data folder. {fault.Detail}",
    }, fault);

    private static string Damaged(string how) =>
        $"The database file tasks.db in the data folder is damaged: {how}. It was not changed. Keep a copy, then "
        + "restore it from a backup, or start with another data folder.";

    private static void MakeFolder(string folder)
    {
        try
        {
            PrivateFiles.CreateFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException(
                "Cannot create the data folder. Check its path and permissions.", e);
        }
    }

    private static void RefuseNetwork(string folder)
    {
        var drive = new DriveInfo(folder);
        if (drive.DriveType == DriveType.Network)
            throw new UnusableDatabaseException(
                $"The data folder is on a network file system ({drive.DriveFormat}), where SQLite's locks and its "
                + "write-ahead log are not safe. Use a local disk.");
    }

    /// <summary>
    /// Returns whether there is a database. Throws if the file exists but is not an intact SQLite database.
    /// </summary>
    private static bool CheckHeader(string path)
    {
        var header = new byte[HeaderSize];
        long length;
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length == 0)
            {
                if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 })
                    throw new UnusableDatabaseException(
                        Damaged("it is missing or empty, but its log tasks.db-wal exists"));
                // Only an open database creates the reserve. A new database in its place would hide that all is lost.
                if (File.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, DiskReserve.FileName)))
                    throw new UnusableDatabaseException(
                        Damaged($"it is missing or empty, but the file {DiskReserve.FileName} shows that the folder has been in use"));
                return false;
            }

            using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            length = RandomAccess.GetLength(file);
            if (RandomAccess.Read(file, header, 0) < HeaderSize)
                throw new UnusableDatabaseException(Damaged("it is too short"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException(
                "Cannot read the database file tasks.db in the data folder. Check the file's "
                + "permissions.", e);
        }

        RefuseForeignLog(path + "-wal");
        if (!header.AsSpan().StartsWith("SQLite format 3\0"u8))
            throw new UnusableDatabaseException(Damaged("it is not a SQLite file"));
        // SQLite's header has the page size at offset 16 (1 means 65,536) and the number of pages at offset 28. A file
        // that is shorter than that is complete only together with its log.
        var pageSize = (long)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(16));
        var pages = (long)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(28));
        if (pageSize == 1)
            pageSize = 65536;
        if (length < pages * pageSize && !File.Exists(path + "-wal"))
            throw new UnusableDatabaseException(Damaged("its end is missing"));
        return true;
    }

    // SQLite ignores a log that does not begin as its logs do, and all commits in it with it. A loss of power can leave a
    // log of zeros, to which nothing was committed yet.
    private static void RefuseForeignLog(string path)
    {
        if (!File.Exists(path))
            return;
        try
        {
            Span<byte> start = stackalloc byte[4];
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            if (RandomAccess.Read(file, start, 0) == start.Length
                && BinaryPrimitives.ReadUInt32BigEndian(start) is not (0 or LogStart or LogStart + 1))
                throw new UnusableDatabaseException(Damaged("its log tasks.db-wal is not a log of SQLite"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException(
                "Cannot read the log tasks.db-wal in the data folder. Check the file's permissions.", e);
        }
    }

    // sqlite_master lists the tables and indexes of the file.
    private static bool IsEmpty(Connection connection) =>
        connection.Scalar("PRAGMA application_id") == 0 && connection.Scalar("SELECT count(*) FROM sqlite_master") == 0;

    private static void Make(Connection connection)
    {
        connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
        connection.Execute("BEGIN IMMEDIATE");
        if (connection.Scalar("SELECT count(*) FROM sqlite_master") == 0)
        {
            connection.Execute($"PRAGMA application_id = {SchemaText.ApplicationId}");
            connection.Execute(SchemaText.Text);
        }

        connection.Execute("COMMIT");
    }

    private static void CheckSchema(Connection connection)
    {
        if (connection.Scalar("PRAGMA application_id") != SchemaText.ApplicationId)
            throw new UnusableDatabaseException(
                "The file tasks.db in the data folder belongs to another program. It was not changed. Choose "
                + "another data folder.");
        UnusableDatabaseException.RequireVersion(
            "database", connection.Scalar("SELECT version FROM schema_version"), SchemaText.Version);
    }

    // Reads a row of every table, so that a damaged one is found now rather than by the first request that needs it. The
    // pages further down would take minutes to read.
    private static void CheckTables(Connection connection)
    {
        // Rows are read in the order of a table's own key, where it has one, because SQLite would read an index with
        // all columns instead.
        var tables = new List<(string Name, string? Key)>();
        var names = connection.Get("""
            SELECT l.name, iif(l.wr, (SELECT group_concat('"' || c.name || '"') FROM (
                SELECT name FROM pragma_table_info(l.name) WHERE pk > 0 ORDER BY pk) c), NULL)
            FROM pragma_table_list l WHERE l.schema = 'main' AND l.type = 'table' AND l.name <> 'sqlite_schema'
            """);
        while (names.Step())
            tables.Add((names.Text(0)!, names.Text(1)));
        foreach (var (name, key) in tables)
        {
            connection.Scalar(key is null
                ? $"SELECT count(*) FROM (SELECT * FROM \"{name}\" NOT INDEXED LIMIT 1)"
                : $"SELECT count(*) FROM (SELECT * FROM \"{name}\" ORDER BY {key} LIMIT 1)");
        }
    }

    // SQLite's header has a number for the program's own use, the user version: it counts the steps that were taken.
    private static void Take(ImmutableArray<string> steps, Connection connection)
    {
        const string Taken = "PRAGMA user_version";
        if (connection.Scalar(Taken) >= steps.Length)
            return;
        connection.Execute("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
        for (var taken = (int)connection.Scalar(Taken); taken < steps.Length; taken++)
            connection.Execute($"{steps[taken]}; {Taken} = {taken + 1}");
        connection.Execute("COMMIT");
    }

    private static void SyncFolder(string folder)
    {
        using var handle = FolderHandle.Open(folder);
        handle.Sync();
    }
}
