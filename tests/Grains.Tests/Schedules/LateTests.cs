namespace OrleansTasks.Schedules;

/// <summary>
/// What is told of a start that does not end in the expected time. Times are in seconds from the rig's start.
/// </summary>
public sealed class LateTests
{
    private readonly ScheduleRig rig = new();

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

    private static bool IsLate(string told) => told.EndsWith("late", StringComparison.Ordinal);

    private void Create(long every, long? expectBy) => rig.Create(
        "s", new SchedulePlan(Timetable.OfPeriod(every * 1_000, rig.Now, null, null)) { ExpectBy = expectBy * 1_000 });

    private void Advance(int seconds)
    {
        for (; seconds > 0; seconds--)
            rig.Advance(1_000);
    }
}
