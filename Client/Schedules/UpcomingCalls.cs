using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Schedules;

/// <summary>Lists the upcoming times of all schedules.</summary>
/// <param name="grains">Reads schedules.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class UpcomingCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    private const int Most = 5_000;
    private static readonly TimeSpan Span = TimeSpan.FromDays(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("from", "The start of the range, an RFC 3339 time; by default, and at the earliest, now.", "2026-11-05T09:30:00Z"),
        new("to", "The end of the range; by default a day after from.", "2026-11-06T09:30:00Z"),
        new("queue", "Only times of schedules of this queue.", "default"),
    ];

    /// <summary>Lists the upcoming times in order.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var now = time.GetUtcNow();
        var from = Latest(query.Moment("from", now, Longest) ?? now, now);
        var begin = from.ToUnixTimeMilliseconds();
        // Compute in milliseconds: a day after the calendar's last day does not fit into a DateTimeOffset.
        var end = query.Moment("to", now, Longest)?.ToUnixTimeMilliseconds() ?? begin + (long)Span.TotalMilliseconds;
        if (begin >= end)
            throw QueryValues.Refuse("'from' must be before 'to', and 'to' in the future.");
        var upcoming = new Upcoming(begin, end, Most);
        var isComplete = await reads.Run(context, cancellation => RunningSchedules.Read(
            grains, query.Text("queue"), time, (schedule, plan) =>
            {
                upcoming.Add(schedule, plan.Times);
                return Task.CompletedTask;
            }, cancellation));
        var times = upcoming.Take();
        await ContractJson.Send(context, new UpcomingAnswer(
            times.Select(static time => new UpcomingTimeAnswer(time.At, time.Schedule.Id, time.Schedule.Queue)),
            isComplete && !upcoming.IsCut));
    }

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
