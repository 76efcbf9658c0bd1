using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>A stored schedule that cannot be read, as when its zone has gone from the machine's list of zones.</summary>
public sealed class UnreadableScheduleTests
{
    private const string Body = """{"every":"10s","task":{"cmd":"echo"}}""";
    private readonly CoreRig rig = new();
    private ReadOnlyMemory<byte> readable;

    private IEnumerable<OccurrenceRow> Occurrences => rig.Store.Schedules.Occurrences.Values;

    private ScheduleRow Row => rig.Store.Schedules.Rows.Values.Single();

    [Fact]
    public void Delete_TakesItOut_AndTheQueueMayGo()
    {
        rig.PutSchedule("s", Body);
        Spoil();
        Assert.False(rig.Retire());
        Assert.Equal(ScheduleOutcome.NotFound, rig.Ask(new ScheduleRequest(ScheduleAction.Pause, "s")).Outcome);
        Assert.Equal(ScheduleOutcome.Done, rig.Ask(new ScheduleRequest(ScheduleAction.Delete, "s")).Outcome);
        Assert.Empty(rig.Store.Schedules.Rows);
        Assert.True(rig.Retire());
    }

    [Fact]
    public void Delete_WhileATaskOfItIsOpen_LeavesNoRow()
    {
        rig.PutSchedule("s", Body);
        rig.Advance(10_000);
        Spoil();
        Assert.Equal(ScheduleOutcome.Done, rig.Ask(new ScheduleRequest(ScheduleAction.Delete, "s")).Outcome);
        rig.Cancel(rig.Store.Tasks.Keys.Single());
        Assert.Empty(Occurrences);
    }

    [Fact]
    public void Put_ReplacesIt_InOneCommit()
    {
        rig.PutSchedule("s", Body);
        var old = Row;
        Spoil();
        Assert.Equal(ScheduleOutcome.Conflict, rig.PutSchedule("s", """{"every":"5s","version":7,"task":{"cmd":"echo"}}""").Outcome);
        var reply = rig.PutSchedule("s", """{"every":"5s","version":1,"task":{"cmd":"echo"}}""");
        Assert.Equal((ScheduleOutcome.Done, false), (reply.Outcome, reply.IsNew));
        Assert.Equal(2, Row.Version);
        Assert.NotEqual(old.No, Row.No);
        rig.Restart();
        rig.Advance(5_000);
        Assert.Single(rig.Store.Tasks);
        Assert.Equal(ScheduleOutcome.Done, rig.Ask(new ScheduleRequest(ScheduleAction.Delete, "s")).Outcome);
        Assert.Empty(rig.Store.Schedules.Rows);
    }

    [Fact]
    public void Put_QueueHasTheMostSchedules_ReplacesIt_AndNoOtherIsAdded()
    {
        var no = 0L;
        var core = new ScheduleCore(() => ++no);
        for (var i = 0; i < ScheduleCore.MostSchedules; i++)
            core.LoadUnreadable(new ScheduleRow(++no, $"s{i}", 1, Paused: false, 0, 0, 0, 0, Parallel: 1));
        var (tasks, limits) = (new OpenTasks(no), new QueueLimits("q"));
        var admission = new Admission(tasks, limits);
        // A change of a schedule starts nothing.
        var starts = new OccurrenceStarts(admission, tasks, null!, null!, new OccurrenceIds(new SeededRandomness(1)));
        var schedules = new QueueSchedules(core, starts, admission, tasks, limits, new StoreSpace());

        Assert.Equal(ScheduleOutcome.Done, Put("s7"));
        Assert.Equal(ScheduleOutcome.QueueFull, Put("other"));
        Assert.Equal(ScheduleOutcome.Done, Put("s7"));

        ScheduleOutcome Put(string id) => schedules.Ask(
            new ScheduleRequest(ScheduleAction.Put, id) { Spec = System.Text.Encoding.UTF8.GetBytes(Body) },
            new HashSet<long>(), rig.Now, new CommitDraft()).Outcome;
    }

    [Fact]
    public void End_OfItsTask_IsRecorded_SoThatOverlapIsFreeLater()
    {
        rig.PutSchedule("s", Body);
        rig.Advance(10_000);
        Spoil();
        rig.Cancel(rig.Store.Tasks.Keys.Single());
        Assert.Equal(TaskState.Cancelled, Occurrences.Single().State);

        rig.Store.Schedules.SetBody(Row.No, readable);
        rig.Restart();
        rig.Advance(10_000);
        Assert.Equal(OccurrenceOutcome.Started, Occurrences.Last().Outcome);
        Assert.Equal(2, Occurrences.Count());
    }

    private void Spoil()
    {
        readable = rig.Store.Schedules.BodyOf(Row.No);
        rig.Store.Schedules.SetBody(
            Row.No, """{"cron":"0 3 * * *","timeZone":"Gone/Zone","task":{"cmd":"echo"}}"""u8.ToArray());
        rig.Restart();
    }
}
