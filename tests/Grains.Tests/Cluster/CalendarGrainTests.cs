using System.Text;
using OrleansTasks.Calendars;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The grain of calendars, and the owners of queues that follow it.</summary>
public sealed class CalendarGrainTests
{
    private const long Day = 86_400_000;

    [Fact]
    public async Task Put_ACalendarInUse_MovesTheNextTimeOfItsSchedules_InTheStore()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (calendars, first) = (Calendars(cluster), NextDays(cluster));
        Assert.Equal(CalendarOutcome.Done, (await Put(calendars, "off", "2098-01-01")).Outcome);
        await Schedule(cluster, calendars, "s");
        Assert.Equal(first[0], await NextAt(cluster, "s"));

        await Put(calendars, "off", Text(first[0]), Text(first[1]));
        Assert.Equal(first[2], await NextAt(cluster, "s"));

        await Put(calendars, "off", Text(first[1]));
        Assert.Equal(first[0], await NextAt(cluster, "s"));
    }

    [Fact]
    public async Task Delete_ACalendarInUse_NamesItsUsers_UntilTheyAreGone()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var calendars = Calendars(cluster);
        await Put(calendars, "off", "2098-01-01");
        await Schedule(cluster, calendars, "s");

        var refused = await calendars.Delete("off").Soon();

        Assert.Equal((CalendarOutcome.InUse, "s"), (refused.Outcome, refused.Uses.Single().Id));
        await cluster.Dispatcher.Schedule(new ScheduleRequest(ScheduleAction.Delete, "s")).Soon();
        Assert.Equal(CalendarOutcome.Done, (await calendars.Delete("off").Soon()).Outcome);
        Assert.Equal(CalendarOutcome.NotFound, (await calendars.Delete("off").Soon()).Outcome);
        Assert.Equal(["off"], await calendars.Use(["off"], CalendarUserKind.Schedule, "s", GrainCluster.Key).Soon());
    }

    [Fact]
    public async Task Use_TheSiloOfTheQueuesOwnerIsLost_ReachesTheNextOwner()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var calendars = Calendars(cluster);
        await Put(calendars, "off", "2098-01-01");
        await cluster.Submit();
        var calls = 0;
        cluster.Arrivals.Before = context =>
            context.MethodName == nameof(ITaskDispatcherGrain.SettingsChanged) && ++calls == 1
                ? Task.FromException(new SiloUnavailableException("gone"))
                : Task.CompletedTask;

        Assert.Empty(await calendars.Use(["off"], CalendarUserKind.Schedule, "s", GrainCluster.Key).Soon());

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Put_AnotherVersion_IsAConflict_AndOneTooMany_IsRefused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var calendars = Calendars(cluster);
        await Put(calendars, "a", "2098-01-01");

        Assert.Equal(CalendarOutcome.Conflict, (await calendars.Put("a", Body(), 0).Soon()).Outcome);
        Assert.Equal(CalendarOutcome.Conflict, (await calendars.Put("a", Body(), 2).Soon()).Outcome);
        Assert.Equal(2, (await calendars.Put("a", Body(), 1).Soon()).Calendar!.Version);
        for (var i = 1; i < ServiceLimits.Calendars; i++)
            Assert.True((await calendars.Put($"c{i}", Body(), null).Soon()).IsNew);
        Assert.Equal(CalendarOutcome.TooMany, (await calendars.Put("more", Body(), null).Soon()).Outcome);
        Assert.Equal(CalendarOutcome.Done, (await calendars.Put("a", Body(), null).Soon()).Outcome);
    }

    [Fact]
    public async Task Blackout_OfACalendar_HoldsTheQueue_UntilTheCalendarLosesTheTime()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var calendars = Calendars(cluster);
        var today = cluster.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await Put(calendars, "dark", Text(today), Text(today + Day));
        await calendars.Use(["dark"], CalendarUserKind.Queue, GrainCluster.Key, GrainCluster.Key).Soon();
        var queue = cluster.Grains.GetGrain<IQueueGrain>(GrainCluster.Key);
        await queue.Put(new QueueChange((Placement?)null) { Blackouts = [new Blackout("dark")] }).Soon();
        await cluster.Worker("w");
        var task = await cluster.Submit();
        Assert.Equal("blackout", (await cluster.Dispatcher.Why(task).Soon()).Reasons[0].Code);

        await Put(calendars, "dark", "2098-01-01");

        Assert.Empty((await cluster.Dispatcher.Why(task).Soon()).Reasons.Where(static reason => reason.Code == "blackout"));
    }

    [Fact]
    public async Task Renew_ComputesTimesThatEndTooSoon_EvenAfterACalendarWithAnUnknownZone()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var calendars = Calendars(cluster);
        foreach (var name in (string[])["far", "gone", "near"])
            await Put(calendars, name, "2098-01-01");
        var known = (await calendars.Find("near").Soon())!;
        var old = known with { Version = 2, KnownUntil = known.KnownUntil - (400 * Day) };
        Assert.True(await cluster.Calendars.Put(old, replaces: 1));
        var broken = old with
        {
            Name = "gone", Spec = """{"days":["2098-01-01"],"zone":"Europe/Atlantis"}"""u8.ToArray(),
        };
        Assert.True(await cluster.Calendars.Put(broken, replaces: 1));

        await calendars.Renew().Soon();

        var renewed = (await calendars.Find("near").Soon())!;
        Assert.Equal((3, true), (renewed.Version, renewed.KnownUntil >= known.KnownUntil));
        Assert.Equal(2, (await calendars.Find("gone").Soon())!.Version);
        Assert.Equal(1, (await calendars.Find("far").Soon())!.Version);
    }

    private static ICalendarGrain Calendars(GrainCluster cluster) => cluster.Grains.GetGrain<ICalendarGrain>(ICalendarGrain.OnlyKey);

    private static Task<CalendarReply> Put(ICalendarGrain calendars, string name, params string[] days) => calendars.Put(name, Body(days), null).Soon();

    private static byte[] Body(params string[] days) => Encoding.UTF8.GetBytes($$"""{"days":[{{string.Join(',', days.Select(static day => $"\"{day}\""))}}]}""");

    // As a gateway does it: the use first.
    private static async Task Schedule(GrainCluster cluster, ICalendarGrain calendars, string id)
    {
        await cluster.Submit();
        Assert.Empty(await calendars.Use(["off"], CalendarUserKind.Schedule, id, GrainCluster.Key).Soon());
        var reply = await cluster.Dispatcher.Schedule(new ScheduleRequest(ScheduleAction.Put, id)
        {
            Spec = """{"cron":"0 6 * * *","except":["off"],"task":{"cmd":"true"}}"""u8.ToArray(),
        }).Soon();
        Assert.Equal(ScheduleOutcome.Done, reply.Outcome);
    }

    // The next times of the schedule.
    private static long[] NextDays(GrainCluster cluster)
    {
        var now = cluster.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var first = (now / Day * Day) + (Day / 4);
        first += first > now ? 0 : Day;
        return [first, first + Day, first + (2 * Day)];
    }

    private static async Task<long> NextAt(GrainCluster cluster, string id) => (await cluster.Memory.Schedules.Get(id))!.Row.NextAt;

    private static string Text(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
