using System.Globalization;
using Npgsql;

namespace OrleansTasks.Samples.QueueHarness;

/// <summary>The harness's settings, from the environment variables that it sets.</summary>
public sealed class Settings
{
    /// <summary>The database, as <c>--db</c> takes it.</summary>
    public string Connection { get; } = ConnectionOf(Variable("DATABASE_URL") ?? throw new InvalidOperationException("DATABASE_URL must be set."));

    /// <summary>The service's program.</summary>
    public string Service { get; } = Variable("ORLEANSTASKS_SERVICE") ?? "OrleansTasks.Client";

    /// <summary>The first of two free ports of loopback for the service.</summary>
    public int Port { get; } = Number("ORLEANSTASKS_PORT", 19092);

    /// <summary>Whether the producer keeps a number of tasks waiting instead of submitting at a rate.</summary>
    public bool KeepsDepth { get; } = Variable("PRODUCER_MODE") == "depth-target";

    /// <summary>The tasks that wait if <see cref="KeepsDepth"/>.</summary>
    public int Depth { get; } = Number("TARGET_DEPTH", 1_000);

    /// <summary>The largest batch.</summary>
    public int MostInBatch { get; } = Number("PRODUCER_BATCH_MAX", 128);

    /// <summary>The pause between batches, in milliseconds.</summary>
    public int BatchPause { get; } = Number("PRODUCER_BATCH_MS", 10);

    /// <summary>The slots of the worker.</summary>
    public int Workers { get; } = Number("WORKER_COUNT", 32);

    /// <summary>The bytes of a task's input.</summary>
    public int PayloadBytes { get; } = Number("JOB_PAYLOAD_BYTES", 256);

    /// <summary>The milliseconds that a task takes.</summary>
    public int WorkMilliseconds { get; } = Number("JOB_WORK_MS", 1);

    /// <summary>The seconds between samples.</summary>
    public int SampleSeconds { get; } = Number("SAMPLE_EVERY_S", 5);

    /// <summary>The number of this program among several; only number 0 submits and reports what all share.</summary>
    public int Instance { get; } = Number("BENCH_INSTANCE_ID", 0);

    /// <summary>The tasks to submit per second. The harness may change it through a file while the program runs.</summary>
    public static double Rate()
    {
        var file = Variable("PRODUCER_RATE_CONTROL_FILE");
        return file is not null && File.Exists(file) && double.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var rate)
            ? rate
            : Number("PRODUCER_RATE", 800);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int Number(string name, int standard) =>
        Variable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;

    private static string ConnectionOf(string url)
    {
        var address = new Uri(url);
        var user = address.UserInfo.Split(':');
        return new NpgsqlConnectionStringBuilder
        {
            Host = address.Host, Port = address.Port, Database = address.AbsolutePath.TrimStart('/'), Username = user[0],
            Password = user.Length > 1 ? user[1] : null,
        }.ConnectionString;
    }
}
