using OrleansTasks.Nodes;

namespace OrleansTasks.Schedules;

/// <summary>
/// What becomes of the files of a watched folder, by cases. The schedule has a time every 60 s; a file counts after 10 s.
/// </summary>
public sealed class FolderScheduleTests
{
    private readonly ScheduleRig rig = new();

    private SchedulePlan Plan => ScheduleRig.Every(60_000, rig.Now + 60_000) with
    {
        Overlap = Overlap.Allow,
        Files = new WatchedFolder("w1", "/in", "*.csv"),
    };

    [Fact]
    public void File_OfTheSameSizeAndTimeForLongEnough_StartsOneOccurrenceWithItsPath()
    {
        rig.Create("s", Plan);
        Assert.Empty(Look(60_000, ("a.csv", 1)));
        Assert.Equal(["/in/a.csv"], Look(10_000, ("a.csv", 1)));
        Assert.Equal(["/in/a.csv"], rig.StartedFiles);
        Assert.Equal(OccurrenceKind.File, rig.Of("s").Single().Kind);
        Assert.Empty(Look(50_000, ("a.csv", 1)));
        rig.Restart();
        Assert.Empty(Look(60_000, ("a.csv", 1)));
        // A file that was forgotten would have settled by now.
        Assert.Empty(Look(60_000, ("a.csv", 1)));
        Assert.Single(rig.StartedFiles);
    }

    [Fact]
    public void File_ThatIsStillWritten_Waits()
    {
        rig.Create("s", Plan);
        Assert.Empty(Look(60_000, ("a.csv", 1)));
        Assert.Empty(Look(10_000, ("a.csv", 2)));
        Assert.Empty(Look(10_000, ("a.csv", 3)));
        Assert.Equal(["/in/a.csv"], Look(10_000, ("a.csv", 3)));
    }

    [Fact]
    public void File_ThatHasChanged_StartsAnotherOccurrence()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        Assert.Single(Look(60_000, ("a.csv", 1)));
        Assert.Single(Look(60_000, ("a.csv", 2)));
        Assert.Empty(Look(60_000, ("a.csv", 2)));
    }

    [Fact]
    public void File_ThatIsMovedAwayAndBack_StartsAgain()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        Assert.Single(Look(60_000, ("a.csv", 1)));
        Assert.Empty(Look(60_000));
        Assert.Single(Look(60_000, ("a.csv", 1)));
    }

    [Fact]
    public void Existing_Skip_StartsOnlyWhatComesOrChangesLater()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0, Existing = ExistingFiles.Skip } });
        Assert.Empty(Look(60_000, ("a.csv", 1), ("b.csv", 2)));
        rig.Restart();
        Assert.Equal(["/in/b.csv", "/in/c.csv"], Look(60_000, ("a.csv", 1), ("b.csv", 3), ("c.csv", 4)));
    }

    [Fact]
    public void Existing_SkipWithMoreFilesThanAreListed_StartsNothingAndSaysSo()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0, Existing = ExistingFiles.Skip } });
        rig.Advance(60_000);
        Assert.Empty(rig.Answer(Listing(("a.csv", 1)) with { HasMore = true }));
        Assert.Contains("which of them are new", Problem, StringComparison.Ordinal);
        Assert.Empty(Look(60_000, ("a.csv", 1), ("b.csv", 2)));
        Assert.Null(Problem);
        Assert.Single(Look(60_000, ("a.csv", 1), ("b.csv", 2), ("c.csv", 3)));
    }

    [Theory]
    [InlineData(Overlap.Skip)]
    [InlineData(Overlap.QueueOne)]
    public void Files_WithoutOverlapAllow_StartOneAfterTheOther(Overlap overlap)
    {
        rig.Create("s", Plan with { Overlap = overlap, Files = Plan.Files! with { Settled = 0 } });
        Assert.Equal(3, Look(60_000, ("a.csv", 1), ("b.csv", 2), ("c.csv", 3)).Count);
        Assert.Equal(["/in/a.csv"], rig.StartedFiles);
        rig.Restart();
        rig.Advance(0);
        rig.End(rig.Open.Single());
        rig.End(rig.Open.Single());
        Assert.Equal(["/in/a.csv", "/in/b.csv", "/in/c.csv"], rig.StartedFiles);
    }

    [Fact]
    public void Files_BeyondThoseThatMayWait_StartAtLaterTimes()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        var files = Enumerable.Range(0, 250).Select(static i => ($"{i:d4}.csv", (long)i)).ToArray();
        Assert.Equal(100, Look(60_000, files).Count);
        Assert.Equal(100, Look(60_000, files).Count);
        Assert.Equal(50, Look(60_000, files).Count);
        Assert.Equal(files.Select(static file => "/in/" + file.Item1), rig.StartedFiles);
    }

    [Fact]
    public void Files_BeyondThoseThatMayWait_DoNotWaitForTheNextTime()
    {
        rig.Create("s", Plan with { Overlap = Overlap.Skip, Files = Plan.Files! with { Settled = 0 } });
        var files = Enumerable.Range(0, 102).Select(static i => ($"{i:d4}.csv", (long)i)).ToArray();
        Assert.Equal(100, Look(60_000, files).Count);
        Assert.Equal(["/in/0100.csv"], Look(1_000, files));
        rig.Advance(1_000);
        Assert.Empty(rig.Looks);
        rig.End(rig.Open.Single());
        Assert.Equal(["/in/0101.csv"], Look(1_000, files));
        rig.Advance(30_000);
        Assert.Empty(rig.Looks);
    }

    [Fact]
    public void Files_BeyondThoseThatMayWait_WithALongSettled_AreTakenWithinSeconds()
    {
        const int Day = 86_400_000;
        rig.Create("s", ScheduleRig.Every(7L * Day, rig.Now + 60_000) with
        {
            Overlap = Overlap.Allow,
            Files = new WatchedFolder("w1", "/in", "*.csv", Day),
        });
        var files = Enumerable.Range(0, 250).Select(static i => ($"{i:d4}.csv", (long)i)).ToArray();
        Assert.Empty(Look(60_000, files));
        Assert.Equal(100, Look(Day, files).Count);
        Assert.Equal(100, Look(10_000, files).Count);
        Assert.Equal(50, Look(10_000, files).Count);
        rig.Advance(10_000);
        Assert.Empty(rig.Looks);
    }

    [Fact]
    public void Files_ThatWaitForLong_WithALongSettled_DoNotKeepFurtherOnesWaiting()
    {
        const int Day = 86_400_000;
        rig.Create("s", ScheduleRig.Every(7L * Day, rig.Now + 60_000) with
        {
            Files = new WatchedFolder("w1", "/in", "*.csv", Day),
        });
        var files = Enumerable.Range(0, 102).Select(static i => ($"{i:d4}.csv", (long)i)).ToArray();
        Assert.Empty(Look(60_000, files));
        Assert.Equal(100, Look(Day, files).Count);
        Assert.Equal(["/in/0100.csv"], Look(10_000, files));
        rig.Advance(10_000);
        Assert.Empty(rig.Looks);
        rig.End(rig.Open.Single());
        Assert.Equal(["/in/0101.csv"], Look(10_000, files));
    }

    [Fact]
    public void Files_WhileTheQueueIsFull_WaitAndAreNotSkipped()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        rig.IsFull = true;
        Assert.Equal(2, Look(60_000, ("a.csv", 1), ("b.csv", 2)).Count);
        Assert.Empty(rig.StartedFiles);
        rig.IsFull = false;
        rig.Advance(2_000);
        Assert.Equal(["/in/a.csv", "/in/b.csv"], rig.StartedFiles);
    }

    [Fact]
    public void Pause_StartsNothingUntilItEnds()
    {
        rig.Create("s", Plan with { Overlap = Overlap.Skip, Files = Plan.Files! with { Settled = 0 } });
        Look(60_000, ("a.csv", 1), ("b.csv", 2));
        rig.Pause("s");
        rig.End(rig.Open.Single());
        rig.Advance(600_000);
        Assert.Empty(rig.Looks);
        Assert.Equal(["/in/a.csv"], rig.StartedFiles);
        rig.Resume("s");
        Assert.Equal(["/in/a.csv", "/in/b.csv"], rig.StartedFiles);
        Assert.Equal(["/in/c.csv"], Look(60_000, ("a.csv", 1), ("b.csv", 2), ("c.csv", 3)));
    }

    [Fact]
    public void Blackout_WithSkip_LooksAtNoFolder()
    {
        rig.IsBlackout = static _ => true;
        rig.Create("s", Plan with { OnBlackout = OnBlackout.Skip });
        rig.Advance(60_000);
        Assert.Empty(rig.Looks);
        rig.IsBlackout = static _ => false;
        rig.Advance(60_000);
        Assert.Single(rig.Looks);
    }

    [Fact]
    public void Look_ThatFails_IsAProblemUntilOneSucceeds_AndForgetsNothing()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        Assert.Single(Look(60_000, ("a.csv", 1)));
        rig.Advance(60_000);
        Assert.Empty(rig.Answer(FolderReply.Failed("/in: No such file or directory.")));
        var since = rig.Now;
        rig.Restart();
        rig.Advance(60_000);
        Assert.Empty(rig.Answer(FolderReply.Failed("/in: No such file or directory.")));
        Assert.Equal(("/in: No such file or directory.", since), (Problem, rig.Folders.Values.Single().Since));
        Assert.Equal(["/in/b.csv"], Look(60_000, ("a.csv", 1), ("b.csv", 2)));
        Assert.Null(Problem);
    }

    [Fact]
    public void Look_ThatFailsWhileAFileSettles_IsRepeatedBeforeTheNextTime()
    {
        rig.Create("s", Plan);
        Assert.Empty(Look(60_000, ("a.csv", 1)));
        rig.Advance(10_000);
        Assert.Empty(rig.Answer(FolderReply.Failed("Node w1 is not connected.")));
        Assert.Equal(["/in/a.csv"], Look(10_000, ("a.csv", 1)));
    }

    [Fact]
    public void Listing_ThatLeavesFilesOut_SaysNothingAboutLaterNames()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        Assert.Equal(2, Look(60_000, ("b.csv", 1), ("y.csv", 2)).Count);
        rig.Advance(60_000);
        Assert.Equal(["/in/a.csv"], rig.Answer(Listing(("a.csv", 3), ("c.csv", 4)) with { HasMore = true }).Except(["/in/c.csv"]));
        Assert.Contains("first ones by name", Problem, StringComparison.Ordinal);
        Assert.Equal(["/in/b.csv"], Look(60_000, ("a.csv", 3), ("b.csv", 1), ("c.csv", 4), ("y.csv", 2)));
    }

    [Fact]
    public void Replace_WithAnotherPattern_StartsNoFileAgain_WithAnotherFolder_StartsItsFiles()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        Assert.Single(Look(60_000, ("a.csv", 1)));
        rig.Replace("s", Plan with { Files = Plan.Files! with { Settled = 0, Match = "*" } });
        Assert.Equal(["/in/b.txt"], Look(60_000, ("a.csv", 1), ("b.txt", 2)));
        rig.Replace("s", Plan with { Files = Plan.Files! with { Settled = 0, Folder = "/other" } });
        Assert.Equal(["/other/a.csv"], Look(60_000, ("a.csv", 1)));
    }

    [Fact]
    public void Replace_DuringALook_DropsItsAnswer()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        rig.Advance(60_000);
        rig.Replace("s", Plan with { Files = Plan.Files! with { Settled = 0, Folder = "/other" } });
        Assert.Empty(rig.Answer(Listing(("a.csv", 1))));
        Assert.Equal(["/other/a.csv"], Look(60_000, ("a.csv", 1)));
    }

    [Fact]
    public void Times_WhileNobodyLooked_NeedOneLook()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        rig.Pass(86_400_000);
        rig.Restart();
        rig.Advance(0);
        Assert.Single(rig.Looks);
        Assert.Single(rig.Answer(Listing(("a.csv", 1))));
        Assert.DoesNotContain(rig.Of("s"), static row => row.Outcome == OccurrenceOutcome.Missed);
    }

    [Fact]
    public void Restart_DuringALook_RepeatsIt()
    {
        rig.Create("s", Plan with { Files = Plan.Files! with { Settled = 0 } });
        rig.Advance(60_000);
        rig.Restart();
        rig.Advance(0);
        Assert.Single(rig.Looks);
        rig.Answer(Listing(("a.csv", 1)), isLost: true);
        rig.Advance(0);
        Assert.Equal(["/in/a.csv"], rig.Answer(Listing(("a.csv", 1))));
    }

    [Fact]
    public void Looks_ThatFindNothingNew_StoreThePositionOnceAMinute()
    {
        rig.Create("s", Often);
        Assert.Single(Look(10_000, ("a.csv", 1)));
        var stored = rig.Row("s").NextAt;
        Assert.Equal(rig.Now + 10_000, stored);
        for (var i = 0; i < 5; i++)
        {
            Assert.Empty(Look(10_000, ("a.csv", 1)));
            Assert.Equal(stored, rig.Row("s").NextAt);
        }

        Assert.Empty(Look(10_000, ("a.csv", 1)));
        Assert.Equal(stored + 60_000, rig.Row("s").NextAt);
        // A look that finds something stores both in one commit.
        Assert.Single(Look(10_000, ("a.csv", 2)));
        Assert.Equal(stored + 70_000, rig.Row("s").NextAt);
    }

    [Fact]
    public void Restart_AfterLooksThatStoredNothing_LooksOnceMore_ForTheLatestTime()
    {
        rig.Create("s", Often);
        Assert.Single(Look(10_000, ("a.csv", 1)));
        for (var i = 0; i < 3; i++)
            Assert.Empty(Look(10_000, ("a.csv", 1)));
        rig.Restart();
        Assert.Equal(["/in/b.csv"], Look(5_000, ("a.csv", 1), ("b.csv", 1)));
        Assert.Equal(rig.Now - 5_000, rig.Of("s").Last().At);
        rig.Advance(4_000);
        Assert.Empty(rig.Looks);
        Assert.Empty(Look(1_000, ("a.csv", 1), ("b.csv", 1)));
    }

    [Fact]
    public void Restart_AfterTheLastLook_LooksNoMore()
    {
        rig.Create("s", Often with { Times = Timetable.OfPeriod(10_000, 0, rig.Now, rig.Now + 21_000) });
        Assert.Single(Look(10_000, ("a.csv", 1)));
        Assert.Empty(Look(10_000, ("a.csv", 1)));
        rig.Restart();
        rig.Advance(10_000);
        Assert.Empty(rig.Looks);
    }

    // A time every 10 s, at which each file counts at once.
    private SchedulePlan Often => ScheduleRig.Every(10_000, rig.Now) with
    {
        Overlap = Overlap.Allow,
        Files = new WatchedFolder("w1", "/in", "*.csv", 0),
    };

    private string? Problem => rig.Folders.Values.Single().Problem;

    // Time passes, and the folder is looked at.
    private IReadOnlyList<string> Look(long milliseconds, params (string Name, long ModifiedAt)[] files)
    {
        rig.Advance(milliseconds);
        return rig.Answer(Listing(files));
    }

    private FolderReply Listing(params (string Name, long ModifiedAt)[] files) =>
        new([.. files.Select(static file => new FolderFile(file.Name, 1, file.ModifiedAt))], false, rig.Now);
}
