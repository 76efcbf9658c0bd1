using System.Diagnostics.Metrics;
using OrleansTasks.Audit;

namespace OrleansTasks.Silo;

/// <summary>The metrics of a silo's side of the worker plane, and of its upkeep.</summary>
public sealed class SiloInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Silo";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> starts;
    private readonly Counter<long> dropped;
    private readonly Counter<long> results;
    private readonly Counter<long> refusals;
    private readonly Counter<long> output;
    private readonly Counter<long> pruned;
    private readonly Histogram<double> settling;
    private readonly Counter<long> auditDropped;
    private readonly long[] audit = new long[AuditClasses.All.Length];

    /// <summary>Creates the instruments.</summary>
    public SiloInstruments()
    {
        starts = meter.CreateCounter<long>("orleanstasks.node.starts", "{attempt}", "Attempts sent to workers.");
        dropped = meter.CreateCounter<long>("orleanstasks.node.commands.dropped", "{batch}",
            "Command batches dropped because a worker did not read them; heartbeats send them again.");
        results = meter.CreateCounter<long>("orleanstasks.node.results", "{attempt}", "Results settled, by reason.");
        refusals = meter.CreateCounter<long>("orleanstasks.node.refusals", "{attempt}",
            "Attempts that workers returned.");
        output = meter.CreateCounter<long>("orleanstasks.node.output", "By", "Bytes of output stored while commands ran.");
        pruned = meter.CreateCounter<long>("orleanstasks.retention.tasks", "{task}", "Tasks removed by retention.");
        auditDropped = meter.CreateCounter<long>("orleanstasks.audit.dropped", "{record}",
            "Audit records removed before they were 90 days old, by class.");
        foreach (var of in AuditClasses.All)
            auditDropped.Add(0, TagOf(of));
        meter.CreateObservableGauge("orleanstasks.audit.records", () => AuditClasses.All.Select(
            of => new Measurement<long>(Volatile.Read(ref audit[(int)of]), TagOf(of))), "{record}",
            "Audit records by class, at the last retention run.");
        settling = meter.CreateHistogram<double>("orleanstasks.node.report.duration", "s",
            "Time to settle a worker's report.");
    }

    /// <summary>Counts attempts sent to a worker.</summary>
    internal void SendStarts(int count) => starts.Add(count);

    /// <summary>Counts a dropped batch of commands.</summary>
    internal void DropCommands() => dropped.Add(1);

    /// <summary>Counts a settled result.</summary>
    internal void SettleResult(string? reason) => results.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts attempts that were put back.</summary>
    internal void Refuse(int count) => refusals.Add(count);

    /// <summary>Counts stored bytes of output.</summary>
    internal void StoreOutput(int bytes) => output.Add(bytes);

    /// <summary>Counts removed tasks.</summary>
    internal void Prune(int count) => pruned.Add(count);

    /// <summary>Sets the number of audit records of a class.</summary>
    internal void CountAudit(AuditClass of, long count) => Volatile.Write(ref audit[(int)of], count);

    /// <summary>Counts audit records of a class that were removed early.</summary>
    internal void DropAudit(AuditClass of, long count) => auditDropped.Add(count, TagOf(of));

    private static KeyValuePair<string, object?> TagOf(AuditClass of) => new("class", of.Name());

    /// <summary>Records how long a report took to settle.</summary>
    internal void SettleReport(TimeSpan took) => settling.Record(took.TotalSeconds);

    /// <summary>Disposes the meter.</summary>
    public void Dispose() => meter.Dispose();
}
