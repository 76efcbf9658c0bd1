using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;
using static OrleansTasks.Storage.Tests.TestRows;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every index of files must do.</summary>
public abstract class FileIndexConformance
{
    private static readonly TaskId Task1 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0001);
    private static readonly TaskId Task2 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0002);
    private static readonly FileClaim Sweep1 = new(1, 1_000);
    private static readonly FileClaim Sweep2 = new(2, 2_000);

    protected abstract IFileIndex Index { get; }

    [Fact]
    public async Task File_BeforeItIsConfirmed_IsNotStored()
    {
        Assert.Equal([FileState.Arriving, FileState.Arriving], await Index.Reserve([File(1), File(2)], 10));
        Assert.Equal([FileState.Arriving], await Index.Reserve([File(1)], 11));
        Assert.Equal([Name(1), Name(2)], await Index.Missing([Name(1), Name(2)], 12));
        Assert.Null(await Index.Find(Name(1)));
        Assert.Empty(await Index.List(FileSort.Age, null, 10));
        Assert.Equal((2, 3), await Index.Totals());

        await Index.Confirm([Name(1)], 13);

        Assert.Equal([Name(2)], await Index.Missing([Name(1), Name(2)], 14));
        Assert.Equal(File(1), await Index.Find(Name(1)));
        Assert.Equal([FileState.Stored, FileState.Arriving], await Index.Reserve([File(1), File(2)], 15));
    }

    [Fact]
    public async Task Confirm_OfWhatIsNotReserved_Fails()
    {
        await Store(1);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Index.Confirm([Name(1), Name(2)], 10));
    }

    [Fact]
    public async Task Missing_OfManyAndRepeatedNames_AnswersInTheirOrder()
    {
        var stored = Enumerable.Range(0, 3_000).ToArray();
        await Index.Reserve([.. stored.Select(File)], 10);
        await Index.Confirm([.. stored.Select(Name)], 10);
        var asked = Enumerable.Range(0, IFileIndex.MostFiles).Select(static n => Name((n * 7) % 6_000)).ToArray();

        var missing = await Index.Missing(asked, 20);

        var there = stored.Select(Name).ToHashSet();
        Assert.Equal(asked.Where(name => !there.Contains(name)), missing);
        Assert.Empty(await Index.Missing([], 20));
    }

    [Fact]
    public async Task List_BySizeAndAge_GoesOnAfterAnyFile()
    {
        int[] order = [5, 1, 4, 1_000, 3, 2];
        foreach (var (n, at) in order.Select(static (n, at) => (n, at)))
            await Store(n, at / 2);
        var (byAge, bySize) = (new List<FileName>(), new List<FileName>());
        for (FilePosition? after = null; await Index.List(FileSort.Age, after, 2) is [.., var last] page;)
        {
            byAge.AddRange(page.Select(static file => file.File.Name));
            after = new FilePosition(last.CreatedAt, last.File.Name);
        }

        for (FilePosition? after = null; await Index.List(FileSort.Size, after, 1) is [var file];)
        {
            bySize.Add(file.File.Name);
            after = new FilePosition(-file.File.Bytes, file.File.Name);
        }

        Assert.Equal([1_000, 5, 4, 3, 2, 1], bySize.Select(name => order.Single(n => Name(n) == name)));
        Assert.Equal(order.Select(static (n, at) => (Age: at / 2, Name: Name(n))).Order().Select(static file => file.Name), byAge);
    }

    [Fact]
    public async Task List_ShowsTheFirstTenThatNameAFile()
    {
        await Store(1);
        foreach (var n in Enumerable.Range(10, 8))
            await Index.AddUses(new FileUse(FileUseKind.Task, $"t{n}"), [Name(1)], 5);
        await Index.AddUses(new FileUse(FileUseKind.Schedule, "s"), [Name(1)], 5);
        await Index.AddArtifacts(Task2, TokenOf(1), [Artifact("a", 1), Artifact("b", 1)], 5);
        await Index.AddArtifacts(Task1, TokenOf(1), [Artifact("a", 1)], 5);

        var uses = Assert.Single(await Index.List(FileSort.Age, null, 10)).Uses;

        Assert.Equal(
            [
                .. Enumerable.Range(10, 8).Select(static n => new FileUse(FileUseKind.Task, $"t{n}")), new FileUse(FileUseKind.Schedule, "s"),
                new FileUse(FileUseKind.Artifact, Task1.ToString()),
            ],
            uses);
    }

    [Fact]
    public async Task List_OfSeveralFiles_ShowsForEachTheFirstTenThatNameIt()
    {
        foreach (var n in Enumerable.Range(1, 4))
            await Store(n, at: n);
        var artifacts = Enumerable.Range(1, 12).Select(static n => new TaskId(7, (ulong)n)).ToArray();
        foreach (var n in Enumerable.Range(10, 12))
        {
            await Index.AddUses(new FileUse(FileUseKind.Task, $"t{n}"), [Name(1)], 5);
            FileName[] defined = n < 13 ? [Name(1), Name(4)] : [Name(1)];
            await Index.AddUses(new FileUse(FileUseKind.Definition, $"d{n}"), defined, 5);
            await Index.AddArtifacts(
                artifacts[n - 10], TokenOf(1), [Artifact("a", 1), Artifact("b", 3), Artifact("c", 4)], 5);
        }

        var files = await Index.List(FileSort.Age, null, 10);

        Assert.Equal([Name(1), Name(2), Name(3), Name(4)], files.Select(static file => file.File.Name));
        Assert.Equal(
            Enumerable.Range(10, 10).Select(static n => new FileUse(FileUseKind.Task, $"t{n}")), files[0].Uses);
        Assert.Empty(files[1].Uses);
        Assert.Equal(artifacts[..10].Select(Left), files[2].Uses);
        Assert.Equal(
            [
                .. Enumerable.Range(10, 3).Select(static n => new FileUse(FileUseKind.Definition, $"d{n}")),
                .. artifacts[..7].Select(Left),
            ],
            files[3].Uses);

        static FileUse Left(TaskId task) => new(FileUseKind.Artifact, task.ToString());
    }

    [Fact]
    public async Task AddUses_OfAFileThatIsNotStored_RecordsNothing()
    {
        await Store(1);
        await Index.Reserve([File(2)], 5);
        var owner = new FileUse(FileUseKind.Task, "t");

        Assert.Equal([Name(2), Name(3)], await Index.AddUses(owner, [Name(1), Name(2), Name(3)], 5));
        Assert.Equal([Name(3)], await Index.AddArtifacts(Task1, TokenOf(1), [Artifact("a", 1), Artifact("b", 3)], 5));

        Assert.Empty((await Index.List(FileSort.Age, null, 10))[0].Uses);
        Assert.Empty(await Index.Artifacts(Task1, TokenOf(1), null, 10));
    }

    [Fact]
    public async Task Claim_TakesWhatNothingNamesAndNobodyAskedFor()
    {
        foreach (var n in Enumerable.Range(1, 6))
            await Store(n, 10);
        await Index.AddUses(new FileUse(FileUseKind.Task, "t"), [Name(1)], 10);
        await Index.AddArtifacts(Task1, TokenOf(1), [Artifact("a", 2)], 10);
        await Index.Missing([Name(3)], 100);
        await Index.Reserve([File(4)], 100);
        await Index.Reserve([File(7)], 10);

        var claimed = await Index.Claim(100, 0, Sweep1, 100);

        Assert.Equal(new[] { Name(5), Name(6), Name(7) }.Order(), claimed.Names.Order());
        Assert.False(claimed.HasMore);
        Assert.Equal([Name(5), Name(6)], await Index.Missing([Name(1), Name(5), Name(6)], 100));
        // What something names was seen at the claim.
        Assert.Empty((await Index.Claim(Sweep1.At, 0, Sweep2, 100)).Names.Intersect([Name(1), Name(2)]));
    }

    [Fact]
    public async Task Claim_InSteps_LooksAtEachFileOnce()
    {
        foreach (var n in Enumerable.Range(1, 10))
            await Store(n, n);
        await Index.AddUses(new FileUse(FileUseKind.Task, "t"), [.. Enumerable.Range(1, 5).Select(Name)], 1);
        var claimed = new List<FileName>();
        var steps = 0;
        for (var more = true; more; steps++)
        {
            var step = await Index.Claim(500, 0, Sweep1, 3);
            (more, _) = (step.HasMore, steps);
            claimed.AddRange(step.Names);
            Assert.True(steps < 10);
        }

        Assert.Equal(Enumerable.Range(6, 5).Select(Name).Order(), claimed.Order());
    }

    [Fact]
    public async Task FileThatIsLeaving_TakesNoUseAndNoUpload()
    {
        await Store(1);
        await Index.Claim(100, 0, Sweep1, 100);

        Assert.Equal([FileState.Leaving], await Index.Reserve([File(1)], 200));
        Assert.Equal([Name(1)], await Index.AddUses(new FileUse(FileUseKind.Task, "t"), [Name(1)], 200));
        Assert.Equal([Name(1)], await Index.Missing([Name(1)], 200));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Index.Confirm([Name(1)], 200));
        Assert.Null(await Index.Find(Name(1)));
        Assert.Equal((true, false), (await Index.Holds(Name(1), Sweep1), await Index.Holds(Name(1), Sweep2)));
        await Index.Forget([Name(1)], Sweep2);
        Assert.Equal([FileState.Leaving], await Index.Reserve([File(1)], 200));

        await Index.Forget([Name(1)], Sweep1);

        Assert.False(await Index.Holds(Name(1), Sweep1));
        Assert.Equal([FileState.Arriving], await Index.Reserve([File(1)], 200));
    }

    [Fact]
    public async Task Claim_ThatWasNotFinished_IsTakenOverLater()
    {
        await Store(1);
        await Index.Claim(100, 0, Sweep1, 100);
        Assert.Empty((await Index.Claim(100, Sweep1.At, Sweep2, 100)).Names);

        Assert.Equal([Name(1)], (await Index.Claim(100, Sweep1.At + 1, Sweep2, 100)).Names);

        Assert.Equal((false, true), (await Index.Holds(Name(1), Sweep1), await Index.Holds(Name(1), Sweep2)));
        await Index.Forget([Name(1)], Sweep1);
        Assert.True(await Index.Holds(Name(1), Sweep2));
    }

    [Fact]
    public async Task ClaimOrphan_OfAFileWithARow_IsRefused()
    {
        await Index.Reserve([File(1)], 10);
        Assert.False(await Index.ClaimOrphan(Name(1), Sweep1));
        Assert.True(await Index.ClaimOrphan(Name(2), Sweep1));
        Assert.False(await Index.ClaimOrphan(Name(2), Sweep2));
        Assert.Equal([FileState.Leaving], await Index.Reserve([File(2)], 10));
        await Index.Forget([Name(2)], Sweep1);
        Assert.Equal([FileState.Arriving], await Index.Reserve([File(2)], 10));
    }

    [Fact]
    public async Task RemoveUses_OfAnOwner_LeavesTheOthers()
    {
        await Store(1, 10);
        await Store(2, 10);
        var (one, other) = (new FileUse(FileUseKind.Task, "t"), new FileUse(FileUseKind.Definition, "t"));
        await Index.AddUses(one, [Name(1), Name(2)], 10);
        await Index.AddUses(one, [Name(1)], 10);
        await Index.AddUses(other, [Name(2)], 10);

        await Index.RemoveUses(one);

        Assert.Equal([Name(1)], (await Index.Claim(100, 0, Sweep1, 100)).Names);
    }

    [Fact]
    public async Task Artifacts_OfAnAttempt_ComeByPathAndApartFromOthers()
    {
        await Store(1);
        await Store(2);
        var deep = string.Join('/', Enumerable.Repeat(new string('ä', 120), 17)) + "/";
        // In the order of UTF-8, in which the last one sorts after the one before.
        string[] paths = ["A", "a", "a/b", "a/b-c", "a0", deep + "x", deep + "y", "\uff5e", "\U0001f600"];
        await Index.AddArtifacts(Task1, TokenOf(1), [.. paths.Reverse().Select(static path => Artifact(path, 1, path == "a"))], 10);
        await Index.AddArtifacts(Task1, TokenOf(1), [Artifact("a", 2)], 11);
        await Index.AddArtifacts(Task1, TokenOf(2), [Artifact("other", 2)], 11);
        await Index.AddArtifacts(Task2, TokenOf(1), [Artifact("other", 2)], 11);

        var found = new List<ArtifactRow>();
        while (await Index.Artifacts(Task1, TokenOf(1), found.LastOrDefault()?.Path, 2) is { IsEmpty: false } page)
            found.AddRange(page);

        Assert.Equal(paths, found.Select(static row => row.Path));
        Assert.Equal(Artifact("a", 2), found[1]);
        Assert.Equal((9, 8 * 1 + 2), await Index.CountArtifacts(Task1, TokenOf(1)));
        Assert.Equal(Artifact(deep + "y", 1), await Index.FindArtifact(Task1, TokenOf(1), deep + "y"));
        Assert.Null(await Index.FindArtifact(Task1, TokenOf(2), "a"));
        Assert.Equal((0, 0), await Index.CountArtifacts(Task2, TokenOf(2)));
    }

    [Fact]
    public async Task RemoveArtifacts_OfAnAttempt_LeavesThoseOfOthers()
    {
        await Store(1);
        foreach (var token in Enumerable.Range(1, 3))
        {
            await Index.AddArtifacts(
                Task1, TokenOf(token), [Artifact("a", 1), Artifact("b", 1), Artifact("c", 1)], token * 10);
        }

        await Index.AddArtifacts(Task2, TokenOf(2), [Artifact("a", 1)], 10);
        Assert.Equal(
            [(Task1, TokenOf(1)), (Task1, TokenOf(2)), (Task2, TokenOf(2))], await Index.OldArtifacts(30, null, 10));
        Assert.Equal([(Task2, TokenOf(2))], await Index.OldArtifacts(30, Task1, 10));

        Assert.Equal(new RemovedArtifacts(2, 0), await Index.RemoveArtifacts(Task1, TokenOf(2), 0, 2));
        Assert.Equal(new RemovedArtifacts(1, 0), await Index.RemoveArtifacts(Task1, TokenOf(2), 0, 2));
        Assert.Equal(new RemovedArtifacts(0, 0), await Index.RemoveArtifacts(Task1, TokenOf(2), 0, 2));

        Assert.Equal((0, 0), await Index.CountArtifacts(Task1, TokenOf(2)));
        Assert.Equal((3, 3), await Index.CountArtifacts(Task1, TokenOf(1)));
        Assert.Equal((3, 3), await Index.CountArtifacts(Task1, TokenOf(3)));
        Assert.Equal((1, 1), await Index.CountArtifacts(Task2, TokenOf(2)));
    }

    [Fact]
    public async Task RemoveArtifacts_FreesWhatNothingElseNames()
    {
        int[] sizes = [10, 20, 40, 80];
        foreach (var size in sizes)
            await Store(size);
        await Index.AddUses(new FileUse(FileUseKind.Task, "t"), [Name(20)], 5);
        await Index.AddArtifacts(Task2, TokenOf(2), [Artifact("other", 40)], 5);
        await Index.AddArtifacts(
            Task1, TokenOf(1),
            [Artifact("a", 10), Artifact("again", 10), Artifact("b", 20), Artifact("c", 40), Artifact("d", 80)], 5);
        await Store(1_000);
        Assert.Equal(150, await Index.NamedBytes());

        Assert.Equal(new RemovedArtifacts(5, 90), await Index.RemoveArtifacts(Task1, TokenOf(1), 0, 10));

        Assert.Equal(60, await Index.NamedBytes());
        Assert.Equal(new RemovedArtifacts(1, 40), await Index.RemoveArtifacts(Task2, TokenOf(2), 0, 10));
        Assert.Equal(20, await Index.NamedBytes());
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    public async Task RemoveArtifacts_LetsBytesGoEarly_UnlessSomebodyAskedForThem(
        bool isLookedAt, bool isAskedFor, bool goesEarly)
    {
        await Store(1, 10);
        await Index.AddArtifacts(Task1, TokenOf(1), [Artifact("a", 1)], 20);
        if (isLookedAt)
            await Index.Claim(100, 0, new FileClaim(9, 500), 10);
        if (isAskedFor)
            await Index.Missing([Name(1)], 600);

        await Index.RemoveArtifacts(Task1, TokenOf(1), 15, 10);

        Assert.Equal(goesEarly ? 15 : 600, Assert.Single(await Index.List(FileSort.Age, null, 10)).SeenAt);
        Assert.Equal(goesEarly ? [Name(1)] : [], (await Index.Claim(16, 0, Sweep1, 10)).Names);
    }

    [Fact]
    public async Task ClaimsAndUses_OfOneFileAtOnce_NeverBothSucceed()
    {
        for (var round = 0; round < 20; round++)
        {
            await Store(round, 10);
            var claim = new FileClaim(1_000 + round, 1_000);
            var owner = new FileUse(FileUseKind.Task, $"t{round}");
            var use = Task.Run(() => Index.AddUses(owner, [Name(round)], 500));
            var claimed = await Task.Run(() => Index.Claim(100, 0, claim, 10));

            Assert.NotEqual((await use).IsEmpty, claimed.Names.Contains(Name(round)));
        }
    }

    protected static FileName Name(int n) => FileName.Of(BitConverter.GetBytes(n));

    private static StoredFile File(int n) => new(Name(n), n);

    private static ArtifactRow Artifact(string path, int n, bool isExecutable = false) => new(path, File(n), isExecutable);

    private async Task Store(int n, long at = 1)
    {
        await Index.Reserve([File(n)], at);
        await Index.Confirm([Name(n)], at);
    }
}
