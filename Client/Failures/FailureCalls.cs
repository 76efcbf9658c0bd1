using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Failures;

/// <summary>Lists failed tasks in groups with equal fingerprints.</summary>
/// <param name="grains">The tasks.</param>
/// <param name="reads">Limits concurrent long reads.</param>
public sealed class FailureCalls(GatewayGrains grains, LongReads reads)
{
    /// <summary>Lists the groups, those with the most tasks first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        // This cursor holds the last group's count and fingerprint instead of a task id.
        var after = Cursors.Read(query.Text("cursor"));
        var asked = new FailureQuery(
            FilterQuery.QueueOf(query.Text("queue")), FilterQuery.NameOf(query.Text("name")), query.Time("since"),
            (long?)after?.High, (long)(after?.Low ?? 0), limit + 1);
        var groups = await reads.Run(context, cancellation => grains.Tasks.Failures(asked, cancellation));
        await ListAnswer.SendPage(
            context, groups, limit, static (json, group) => ContractJson.Write(json, FailureAnswer.Of(group)), CursorAfter);
    }

    private static string CursorAfter(FailureGroup group) =>
        Cursors.After(new TaskId((ulong)group.Count, (ulong)group.Fingerprint));
}
