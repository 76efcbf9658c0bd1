using System.Diagnostics.Metrics;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>The metrics of a worker.</summary>
internal sealed class AgentInstruments : IDisposable
{
    /// <summary>The name of the meter.</summary>
    internal const string MeterName = "OrleansTasks.Worker";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> started;
    private readonly Counter<long> ended;
    private readonly Counter<long> refused;
    private readonly Counter<long> lapsed;
    private readonly Histogram<double> duration;

    internal AgentInstruments(Func<int> running, Func<int> unsettled)
    {
        started = meter.CreateCounter<long>("orleanstasks.worker.attempts.started", "{attempt}",
            "Attempts started.");
        ended = meter.CreateCounter<long>("orleanstasks.worker.attempts.ended", "{attempt}",
            "Attempts that ended, by reason.");
        refused = meter.CreateCounter<long>("orleanstasks.worker.attempts.refused", "{attempt}",
            "Attempts that the worker refused.");
        lapsed = meter.CreateCounter<long>("orleanstasks.worker.lease.kills", "{attempt}",
            "Attempts killed because the lease could not be renewed.");
        duration = meter.CreateHistogram<double>("orleanstasks.worker.attempt.duration", "s", "Run time of attempts.");
        meter.CreateObservableGauge("orleanstasks.worker.running", running, "{attempt}",
            "Live process trees.");
        meter.CreateObservableGauge("orleanstasks.worker.unsettled", unsettled, "{attempt}",
            "Ended attempts that the master has not settled.");
    }

    /// <summary>Counts an attempt that was passed to the system.</summary>
    internal void Start() => started.Add(1);

    /// <summary>Counts an attempt that ended.</summary>
    internal void End(Result result)
    {
        ended.Add(1, new KeyValuePair<string, object?>("reason", Name(result.Reason)));
        duration.Record(result.RunTimeMs / 1000.0);
    }

    /// <summary>Counts an attempt that was refused.</summary>
    internal void Refuse() => refused.Add(1);

    /// <summary>Counts attempts that were killed because their lease could not be renewed.</summary>
    internal void Lapse(int count) => lapsed.Add(count);

    /// <summary>Disposes the meter.</summary>
    public void Dispose() => meter.Dispose();

    /// <summary>Returns the name of a reason.</summary>
    internal static string Name(Result.Types.Reason reason) => reason switch
    {
        Result.Types.Reason.Exit => "exit",
        Result.Types.Reason.Signal => "signal",
        Result.Types.Reason.Timeout => "timeout",
        Result.Types.Reason.Cancelled => "cancelled",
        Result.Types.Reason.SpawnFailed => "spawn-failed",
        Result.Types.Reason.OutOfMemory => "out-of-memory",
        Result.Types.Reason.CpuTime => "cpu-time",
        Result.Types.Reason.BadResult => "bad-result",
        Result.Types.Reason.ArtifactMissing => "artifact-missing",
        Result.Types.Reason.ArtifactTooLarge => "artifact-too-large",
        Result.Types.Reason.FileUnavailable => "file-unavailable",
        Result.Types.Reason.ImageUnavailable => "image-unavailable",
        _ => "node-lost",
    };
}
