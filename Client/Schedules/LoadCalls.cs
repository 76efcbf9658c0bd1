using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Schedules;

/// <summary>Shows how many slots the schedules will need.</summary>
/// <param name="grains">Reads schedules, the runs they started, and nodes.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class LoadCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    private const int MostSteps = 200;

    private static readonly TimeSpan[] Steps =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)];

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("hours", "Hours to look ahead: 1 to 168, by default 24.", "24"),
        new("queue", "Only the schedules of this queue.", "default"),
    ];

    private readonly PastRuns runs = new(grains);

    /// <summary>
    /// Returns the slots that schedules will need in each step, without paused ones, and the slots that the nodes have.
    /// </summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var span = TimeSpan.FromHours(query.Integer("hours", 1, 168, defaultValue: 24));
        var step = Steps.First(step => span / step <= MostSteps);
        var from = time.GetUtcNow().ToUnixTimeMilliseconds();
        var load = new ScheduleLoad(from, (long)step.TotalMilliseconds, (int)(span / step));
        var unknown = 0;
        var isComplete = await reads.Run(context, cancellation => RunningSchedules.Read(
            grains, query.Text("queue"), time, async (schedule, plan) =>
            {
                if (await runs.Of(schedule.Id, cancellation) is { } run)
                    load.Add(plan.Times, plan.Overlap, run);
                else
                    unknown++;
            }, cancellation));
        var slots = (await grains.Fleet.List()).Where(static node => node.State is NodeState.Ready or NodeState.Busy)
            .Sum(static node => (long)node.Slots);

        await ContractJson.Send(context, new LoadAnswer(
            from, Durations.Format(step), load.SlotsNeeded.Select(static needed => Math.Round(needed, 6)), slots, unknown,
            isComplete && !load.IsCut));
    }
}
