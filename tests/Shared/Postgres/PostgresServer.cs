using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OrleansTasks.Tests.Postgres;

/// <summary>
/// A PostgreSQL server of its own from the system's programs, in a scratch folder that goes with it. It ends with the test
/// program, however that ends, and so does the folder. As root it runs as another user, because PostgreSQL refuses root.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    // Waits for the end of its standard input, which comes when the test program is gone.
    private const string Guard = """
        folder=$1; shift
        exec 3<&0
        "$@" </dev/null >"$folder/log" 2>&1 &
        server=$!
        cat <&3 >/dev/null
        kill -QUIT $server 2>/dev/null
        wait $server
        [ -e "$folder/keep" ] || rm -rf "$folder"
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly Lazy<PostgresServer> SharedServer = new(() => new PostgresServer());
    private readonly string root, folder;
    private readonly string[] settings;
    private Process? process;

    /// <summary>Makes and starts a server, in memory where there is room: what is tested is not the disk.</summary>
    /// <param name="settings">Settings as <c>name=value</c>.</param>
    public PostgresServer(params string[] settings)
        : this(
            Directory.Exists("/dev/shm") && new DriveInfo("/dev/shm").AvailableFreeSpace > 2L << 30 ? "/dev/shm" : Path.GetTempPath(),
            settings)
    {
    }

    private PostgresServer(string root, string[] settings, PostgresServer? primary = null, int port = 0)
    {
        this.settings = settings;
        this.root = root;
        folder = Path.Combine(root, "otask-pg-" + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal));
        Directory.CreateDirectory(folder);
        Port = port == 0 ? FreePort() : port;
        try
        {
            if (User is not null)
                Run("chown", User, folder);
            Run(primary is null
                ? [.. AsUser, Program("initdb"), "-D", Data, "-U", "otask", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
                : [
                    .. AsUser, Program("pg_basebackup"), "-D", Data, "-U", "otask", "-h", "127.0.0.1", "-p", $"{primary.Port}",
                    "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
                ]);
            Start(mayMove: port == 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes and starts a server on the disk.</summary>
    /// <param name="settings">Settings as <c>name=value</c>.</param>
    public static PostgresServer OnDisk(params string[] settings) => new(Path.GetTempPath(), settings);

    /// <summary>The server that all tests of a program share, each in a database of its own.</summary>
    public static PostgresServer Shared => SharedServer.Value;

    /// <summary>The port on the loopback address.</summary>
    public int Port { get; private set; }

    private static string? User => Environment.UserName != "root" ? null : File.ReadLines("/etc/passwd").Any(
        static line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static string[] AsUser => User is null ? [] : ["setpriv", $"--reuid={User}", "--clear-groups", "--"];

    private string Data => Path.Combine(folder, "data");

    private string Log => Path.Combine(folder, "log");

    /// <summary>While this file is there, the folder outlives the server.</summary>
    private string Keep => Path.Combine(folder, "keep");

    /// <summary>The server's own process, the parent of those of its connections.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>How to connect to one of its databases.</summary>
    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=otask;Database={database}";

    /// <summary>Makes an empty database.</summary>
    public void CreateDatabase(string name) => Execute("postgres", $"CREATE DATABASE {name} TEMPLATE template0");

    /// <summary>Runs SQL in a database, over a connection of its own.</summary>
    public void Execute(string database, string sql)
    {
        using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Makes and starts a standby of this server. From now on this server acknowledges a commit only when the standby has it.
    /// </summary>
    /// <param name="port">The standby's port; 0 for any.</param>
    public PostgresServer StartStandby(int port = 0)
    {
        var standby = new PostgresServer(root, settings, this, port);
        // Not before: the standby's copy of the settings must not ask for a standby once it is promoted.
        Execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        Execute("postgres", "SELECT pg_reload_conf()");
        return standby;
    }

    /// <summary>Makes this standby the primary; returns once it takes writes.</summary>
    public void Promote() => Execute(
        "postgres", "DO $$ BEGIN IF NOT pg_promote() THEN RAISE 'the standby was not promoted'; END IF; END $$");

    /// <summary>Starts it again after <see cref="Kill"/>.</summary>
    public void Start() => Start(mayMove: false);

    /// <summary>Ends it at once, as a crash does; what was committed is there after <see cref="Start()"/>.</summary>
    public void Kill()
    {
        File.WriteAllText(Keep, "");
        End();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Keep);
        if (process is not null)
            End();
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Starts it. Another program may have taken the port since it was found free, also for a moment only.</summary>
    private void Start(bool mayMove)
    {
        var began = Stopwatch.GetTimestamp();
        while (!TryStart(began))
        {
            Kill();
            if (mayMove)
                Port = FreePort();
        }
    }

    /// <summary>Starts it and waits until it takes connections; false when its port is taken.</summary>
    private bool TryStart(long began)
    {
        File.Delete(Keep);
        File.Delete(Log);
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        string[] arguments =
        [
            "-c", Guard, "guard", folder, .. AsUser, Program("postgres"), "-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1",
            "-c", $"unix_socket_directories={folder}", "-c", "max_connections=300", "-c", "shared_buffers=64MB",
            .. settings.SelectMany(static setting => new[] { "-c", setting }),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        // Its own word: at its port another server may answer.
        while (true)
        {
            var said = File.Exists(Log) ? File.ReadAllText(Log) : "";
            if (said.Contains("database system is ready to accept", StringComparison.Ordinal))
                return true;
            if (Stopwatch.GetElapsedTime(began) > StartLimit || process.WaitForExit(25))
                throw new InvalidOperationException("PostgreSQL did not start: " + said);
            if (said.Contains("Address already in use", StringComparison.Ordinal))
                return false;
        }
    }

    private void End()
    {
        process!.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    /// <summary>The newest of the installed programs of a name.</summary>
    public static string Program(string name) =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(static path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
        .Select(path => Path.Combine(path, "bin", name)).FirstOrDefault(File.Exists) ?? name;

    private static void Run(params string[] command)
    {
        if (Exits(command) != 0)
            throw new InvalidOperationException($"This failed: {string.Join(' ', command)}");
    }

    private static int Exits(string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true };
        foreach (var argument in command.AsSpan(1))
            start.ArgumentList.Add(argument);
        using var run = Process.Start(start)!;
        run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        return run.ExitCode;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
