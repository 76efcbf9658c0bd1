using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// What is told of a start that does not end in the expected time. Times are in seconds from the rig's start.
/// </summary>
public sealed class LateTests
{
    private readonly ScheduleRig rig = new();
    private readonly long start;

    public LateTests() => start = rig.Now;

    [Fact]
    public void StartThatIsOpenAtTheEndOfItsTime_IsToldOnce()
    {
        Create(every: 100, expectBy: 10);
        Advance(109);
        Assert.DoesNotContain(rig.Told, IsLate);

        Advance(20);

        Assert.Equal(["110late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void StartThatEndsInTime_IsNotTold()
    {
        Create(every: 100, expectBy: 10);
        Advance(109);
        rig.End(rig.Open.Single());

        Advance(20);

        Assert.DoesNotContain(rig.Told, IsLate);
    }

    [Fact]
    public void StartThatStillWaits_WhenTheUsualTimeIsAllThatIsLeft_IsToldBeforeTheHarm()
    {
        Create(every: 100, expectBy: 10);
        Advance(104);
        rig.End(rig.Open.Single());
        rig.IsWaiting = true;

        Advance(120);

        // It usually takes 4 s, and should have ended at 210.
        Assert.Equal(["206late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void StartThatRuns_IsToldOnlyAtTheEndOfItsTime()
    {
        Create(every: 100, expectBy: 10);
        Advance(104);
        rig.End(rig.Open.Single());

        Advance(120);

        Assert.Equal(["210late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void StartThatUsuallyTakesTooLong_IsToldAtItsStart()
    {
        Create(every: 100, expectBy: 10);
        Advance(150);
        rig.End(rig.Open.Single());
        rig.Told.Clear();

        Advance(55);

        Assert.Equal(["200late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void AfterARestart_TheEndOfTheTimeIsTold()
    {
        Create(every: 100, expectBy: 10);
        Advance(105);

        rig.Restart();
        Advance(10);

        Assert.Equal(["110late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void WithoutAnExpectation_NothingIsTold()
    {
        Create(every: 100, expectBy: null);

        Advance(190);

        Assert.DoesNotContain(rig.Told, IsLate);
    }

    [Fact]
    public void ExpectationThatIsRemovedAndSetAgain_IsTold()
    {
        Create(every: 100, expectBy: 10);
        Advance(105);
        rig.Replace("s", PlanOf(every: 100, expectBy: null));
        Advance(20);
        Assert.DoesNotContain(rig.Told, IsLate);

        rig.Replace("s", PlanOf(every: 100, expectBy: 10));

        Assert.Equal(["125late"], rig.Told.Where(IsLate));
    }

    [Fact]
    public void StartsThatEndLongBeforeTheirTime_StayInMemoryForAWhileOnly()
    {
        var open = new HashSet<TaskId>();
        var watch = new LateWatch(open.Contains);
        for (var i = 1; i <= 50_000; i++)
        {
            var id = new TaskId(1, (ulong)i);
            var row = new OccurrenceRow(i, 1, i * 1_000L, OccurrenceKind.Time, OccurrenceOutcome.Started)
            {
                StartedAt = i * 1_000L, Task = id,
            };
            open.Add(id);
            watch.Add(id, row, within: 366L * 86_400_000);
            open.Remove(id);
            watch.Ended(row, row.StartedAt + 10);
        }

        Assert.InRange(watch.Count, 1, 5_000);
    }

    private static bool IsLate(string told) => told.EndsWith("late", StringComparison.Ordinal);

    private void Create(long every, long? expectBy) => rig.Create("s", PlanOf(every, expectBy));

    private SchedulePlan PlanOf(long every, long? expectBy) =>
        new(Timetable.OfPeriod(every * 1_000, start, null, null)) { ExpectBy = expectBy * 1_000 };

    private void Advance(int seconds)
    {
        for (; seconds > 0; seconds--)
            rig.Advance(1_000);
    }
}
