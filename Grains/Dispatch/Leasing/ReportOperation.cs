using System.Text;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Applies the part of a worker's report that concerns this queue (<see cref="AttemptReports.Take"/>). On completion,
/// all changes are on disk and every entry is settled for good, even one that changed nothing because its token was
/// stale. The worker may then forget the attempts that ended or were given back. After a failure, the worker reports
/// again. The reply is always true.
/// </summary>
/// <remarks>
/// If the store refuses a result, the worker would report it for ever, and its other results with it. So each result is
/// repeated alone; one that is refused is repeated without what the worker sent, as <see cref="EndReason.BadResult"/>
/// if it had succeeded; and if the store refuses that as well, the report counts as settled, and the lease lapses.
/// </remarks>
internal sealed class ReportOperation(NodeReport report) : DispatchOperation<bool>
{
    private NodeReport report = report;
    private bool isReduced;

    /// <inheritdoc/>
    public override Lane Lane => Lane.Results;

    /// <inheritdoc/>
    public override int Weight { get; } =
        Math.Max(1, report.Results.Length + report.Started.Length + report.Refused.Length + (report.Unable?.Length ?? 0));

    /// <inheritdoc/>
    public override long Bytes { get; } = report.Results.Sum(BytesOf);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        core.Reports.Take(report, now, draft);
        Reply = true;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<DispatchOperation> Split()
    {
        if (report.Results.Length + (Others.IsEmpty ? 0 : 1) < 2)
            return [this];
        var rest = report with { Results = [] };
        ReportOperation[] parts =
        [
            .. Others.IsEmpty ? [] : new[] { new ReportOperation(rest) },
            .. report.Results.Select(result => new ReportOperation(rest with { Started = [], Refused = [], Unable = null, Results = [result] })),
        ];
        // Not awaited: Join completes this operation when the last part has ended.
        _ = Join(parts);
        return parts;
    }

    /// <inheritdoc/>
    public override string? SetAside => $"what node {report.Node} reported";

    /// <inheritdoc/>
    public override bool TryReduce(string detail)
    {
        if (isReduced || report.Results is not [var result])
            return false;
        isReduced = true;
        var why = Encoding.UTF8.GetBytes($"The store refused this attempt's result: {detail}");
        report = report with
        {
            Results =
            [
                new AttemptResult(
                    result.Lease, result is { Reason: EndReason.Exit, ExitCode: 0 } ? EndReason.BadResult : result.Reason,
                    result.ExitCode, null, result.RunTime, result.CpuTime, result.MaxRssBytes,
                    AttemptOutput.Empty with { Tail = why }),
            ],
        };
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>Completes instead of failing, because the worker would report the same again.</remarks>
    public override void Refuse(string detail)
    {
        Reply = true;
        Complete();
    }

    private ImmutableArray<LeaseRef> Others => [.. report.Started, .. report.Refused, .. report.Unable ?? []];

    // Awaits the parts one by one: Task.WhenAll would continue on a pool thread, outside the grain's turns.
    private async Task Join(ReportOperation[] parts)
    {
        Exception? failure = null;
        foreach (var part in parts)
        {
            try
            {
                await part.Task;
            }
            catch (Exception exception)
            {
                failure ??= exception;
            }
        }

        if (failure is not null)
        {
            Fail(failure);
            return;
        }

        Reply = true;
        Complete();
    }

    // The bytes that the commit stores.
    private static long BytesOf(AttemptResult result) =>
        result.Value.Length + result.Report.Length + (result.Collected?.Bytes.Length ?? 0)
        + (result.Output is { } output ? output.Tail.Length + output.Stdout.Length + output.Stderr.Length : 0);
}
