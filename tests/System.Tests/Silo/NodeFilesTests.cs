using System.Text;
using Google.Protobuf;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What a silo gives workers of files, what it takes, and from whom.</summary>
public sealed class NodeFilesTests
{
    private static readonly LeaseRef Lease = new(new TaskId(1, 1), "default", 1, new LeaseToken(5, 6));
    private static readonly byte[] Input = Encoding.UTF8.GetBytes("an input");
    private readonly MemoryFileStore store = new();
    private readonly ManualTime time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_OfAnInput_GivesItsBytesFromTheOffset()
    {
        var (files, _) = await Running();

        Assert.Equal("an input", await Fetch(files, Lease, FileName.Of(Input)));
        Assert.Equal("input", await Fetch(files, Lease, FileName.Of(Input), offset: 3));
        Assert.Equal("", await Fetch(files, Lease, FileName.Of(Input), offset: Input.Length));
        Assert.Equal("np", await Fetch(files, Lease, FileName.Of(Input), offset: 4, count: 2));
        Assert.Equal("input", await Fetch(files, Lease, FileName.Of(Input), offset: 3, count: 100));
        await Assert.ThrowsAsync<ArgumentException>(() => Fetch(files, Lease, FileName.Of(Input), count: -1));
    }

    [Fact]
    public async Task Fetch_OfAnotherFile_IsUnknown()
    {
        var (files, tasks) = await Running();
        var other = await Put(tasks.Files, "of another task");

        Assert.Equal("FileUnknown", await Fetch(files, Lease, other));
        Assert.Equal("FileUnknown", await Fetch(files, Lease, FileName.Of("never stored"u8)));
    }

    [Fact]
    public async Task FetchMany_GivesOneFileAfterTheOther_AsFarAsTheyAreInputs()
    {
        var tasks = new MemoryTaskStore(time);
        var large = new string('x', (2 << 20) + 5);
        FileName[] names = [FileName.Of(Input), await Put(tasks.Files, ""), await Put(tasks.Files, large), await Put(tasks.Files, "last")];
        await Put(tasks.Files, "an input");
        var entries = string.Join(',', names.Select(static (name, i) => $$"""{"path":"{{i}}","file":"{{name}}"}"""));
        await StoredAttempts.Running(Lease, $$"""{"cmd":"true","files":[{{entries}}]}""", tasks);
        var files = new NodeFiles(Depot(tasks.Files), tasks.Files, tasks, time);
        var other = await Put(tasks.Files, "of another task");

        Assert.Equal($"an input{large}last", await FetchMany(files, Lease, names));
        Assert.Equal("lastlastan input", await FetchMany(files, Lease, names[3], names[3], names[0]));
        Assert.Equal("", await FetchMany(files, Lease));
        Assert.Equal("lastFileUnknown", await FetchMany(files, Lease, names[3], other, names[0]));
        Assert.Equal("FileNotHeld", await FetchMany(files, Lease with { Attempt = 2 }, names[3]));
        await Assert.ThrowsAsync<ArgumentException>(() => FetchMany(files, Lease, [.. Enumerable.Repeat(names[3], 1_001)]));
    }

    [Theory]
    [InlineData("task")]
    [InlineData("token")]
    [InlineData("attempt")]
    [InlineData("ended")]
    public async Task Calls_AboutAnAttemptThatIsNotHeld_AreAnsweredAndChangeNothing(string invented)
    {
        var (files, tasks) = await Running();
        // The silo has just answered for the real one.
        Assert.Equal("an input", await Fetch(files, Lease, FileName.Of(Input)));
        var rogue = invented switch
        {
            "task" => Lease with { Task = new TaskId(1, 2) },
            "token" => Lease with { Token = new LeaseToken(5, 7) },
            "attempt" => Lease with { Attempt = 2 },
            _ => Lease,
        };
        if (invented == "ended")
        {
            await End(tasks);
            time.Advance(TimeSpan.FromSeconds(11));
        }

        Assert.Equal("FileNotHeld", await Fetch(files, rogue, FileName.Of(Input)));
        Assert.Equal(FileOutcome.FileNotHeld, (await files.Missing(new MissingRequest { Lease = NodeMessages.ToLease(rogue) })).Outcome);
        Assert.Equal(FileOutcome.FileNotHeld, (await Store(files, rogue, "unwanted")).Outcome);
        Assert.Equal(FileOutcome.FileNotHeld, (await Name(files, rogue, ("a", "an input"))).Outcome);
        Assert.Equal([FileName.Of(Input)], store.Names);
        Assert.Equal((0, 0), await tasks.Files.CountArtifacts(rogue.Task, rogue.Token));
    }

    [Fact]
    public async Task Store_OfWhatIsMissing_KeepsIt_AndOnlyOnce()
    {
        var (files, tasks) = await Running();
        var names = ByteString.CopyFrom([.. FileName.Of("made"u8).ToArray(), .. FileName.Of(Input).ToArray()]);

        var asked = await files.Missing(new MissingRequest { Lease = NodeMessages.ToLease(Lease), Names = names });
        Assert.Equal(FileName.Of("made"u8).ToArray(), asked.Missing.ToByteArray());
        Assert.Equal(new StoreAnswer(), await Store(files, Lease, "made"));
        Assert.Equal(new StoreAnswer { WasThere = true }, await Store(files, Lease, "made"));

        Assert.NotNull(await tasks.Files.Find(FileName.Of("made"u8)));
    }

    [Theory]
    [InlineData("other bytes", 4, FileOutcome.FileInvalid)]
    [InlineData("mad3", 4, FileOutcome.FileWrongHash)]
    [InlineData("mad", 4, FileOutcome.FileWrongHash)]
    [InlineData("made", -1, FileOutcome.FileInvalid)]
    public async Task Store_OfOtherBytesThanWereSaid_KeepsNothing(string bytes, long size, FileOutcome outcome)
    {
        var (files, _) = await Running();

        Assert.Equal(outcome, (await Store(files, Lease, bytes, FileName.Of("made"u8), size)).Outcome);

        Assert.Equal([FileName.Of(Input)], store.Names);
    }

    [Theory]
    [InlineData("../up", 8)]
    [InlineData("/etc/passwd", 8)]
    [InlineData("a//b", 8)]
    [InlineData("a", -1)]
    public async Task Name_OfAPathThatIsNone_IsRefused(string path, long size)
    {
        var (files, tasks) = await Running();
        var page = Page(Lease, (path, "an input"));
        page.Artifacts[0].Size = size;

        Assert.Equal(FileOutcome.FileInvalid, (await files.Name(page)).Outcome);
        Assert.Equal((0, 0), await tasks.Files.CountArtifacts(Lease.Task, Lease.Token));
    }

    [Fact]
    public async Task Name_OfAFileThatIsNotStored_NamesNothing()
    {
        var (files, tasks) = await Running();

        Assert.Equal(FileOutcome.FileUnknown, (await Name(files, Lease, ("a", "an input"), ("b", "never stored"))).Outcome);
        Assert.Equal((0, 0), await tasks.Files.CountArtifacts(Lease.Task, Lease.Token));
    }

    [Fact]
    public async Task Result_WithOtherArtifactsThanWereNamed_FailsAnAttemptThatExitedWith0()
    {
        var (files, _) = await Running();
        Assert.Equal(FileOutcome.FileOk, (await Name(files, Lease, ("a", "an input"), ("b", "an input"))).Outcome);
        Assert.Equal(FileOutcome.FileOk, (await Name(files, Lease, ("b", "an input"))).Outcome);

        // The bytes are the index's own sum.
        var right = await files.Confirm(Result(EndReason.Exit, 0, new ArtifactTotals(2, 99)));
        Assert.Equal((EndReason.Exit, new ArtifactTotals(2, 16)), (right.Reason, right.Artifacts));

        var wrong = await files.Confirm(Result(EndReason.Exit, 0, new ArtifactTotals(3, 24)));
        Assert.Equal((EndReason.FileUnavailable, new ArtifactTotals(2, 16)), (wrong.Reason, wrong.Artifacts));
        Assert.Equal("it said\nThe worker reported 3 artifacts, and 2 are stored.", Encoding.UTF8.GetString(wrong.Output!.Tail.Span));
        var failed = await files.Confirm(Result(EndReason.Timeout, null, new ArtifactTotals(0, 0)));
        Assert.Equal((EndReason.Timeout, new ArtifactTotals(2, 16)), (failed.Reason, failed.Artifacts));
        Assert.Null((await files.Confirm(Result(EndReason.Exit, 0, null))).Artifacts);
    }

    private static AttemptResult Result(EndReason reason, int? exitCode, ArtifactTotals? artifacts) => new(
        Lease, reason, exitCode, null, 0, 0, 0, AttemptOutput.Empty with { Tail = "it said"u8.ToArray() }) { Artifacts = artifacts };

    private async Task<(NodeFiles Files, MemoryTaskStore Tasks)> Running()
    {
        var tasks = new MemoryTaskStore(time);
        await Put(tasks.Files, "an input");
        await StoredAttempts.Running(Lease, $$"""{"cmd":"true","files":[{"path":"a","file":"{{FileName.Of(Input)}}"}],"artifacts":["*"]}""", tasks);
        return (new NodeFiles(Depot(tasks.Files), tasks.Files, tasks, time), tasks);
    }

    private FileDepot Depot(MemoryFileIndex index) => new(store, index, new FileDepotOptions(), time);

    private async Task<FileName> Put(MemoryFileIndex index, string content)
    {
        var depot = Depot(index);
        await using var upload = await depot.Begin();
        await upload.Write(Encoding.UTF8.GetBytes(content));
        return (await depot.Store([upload]))[0].File.Name;
    }

    private static async Task End(MemoryTaskStore tasks)
    {
        var owned = await tasks.TakeEpoch(Lease.Queue, null, default);
        var row = new TaskRow
        {
            No = 1, Id = Lease.Task, State = TaskState.Succeeded, Order = 1, Attempt = 1, Token = Lease.Token, Node = "w1", Reason = EndReason.Exit,
            ExitCode = 0, EndedAt = 1,
        };
        Assert.Equal(CommitResult.Committed, await tasks.Commit(new QueueCommit(
            owned.QueueNo, owned.Epoch, owned.Sequence, 1, 2, [new TaskWrite { Row = row, Result = Result(EndReason.Exit, 0, null) }], [], [])));
    }

    private static async Task<string> Fetch(NodeFiles files, LeaseRef lease, FileName name, long offset = 0, long count = 0)
    {
        var text = new StringBuilder();
        var request = new FetchRequest
        {
            Lease = NodeMessages.ToLease(lease), Name = ByteString.CopyFrom(name.ToArray()), Offset = offset, Count = count,
        };
        await foreach (var block in files.Fetch(request, Cancellation))
            text.Append(block.Outcome == FileOutcome.FileOk ? block.Data.ToStringUtf8() : block.Outcome.ToString());
        return text.ToString();
    }

    private static async Task<string> FetchMany(NodeFiles files, LeaseRef lease, params FileName[] names)
    {
        var text = new StringBuilder();
        var request = new FetchFilesRequest
        {
            Lease = NodeMessages.ToLease(lease), Names = ByteString.CopyFrom([.. names.SelectMany(static name => name.ToArray())]),
        };
        await foreach (var block in files.FetchMany(request, Cancellation))
            text.Append(block.Outcome == FileOutcome.FileOk ? block.Data.ToStringUtf8() : block.Outcome.ToString());
        return text.ToString();
    }

    private static async Task<StoreAnswer> Store(NodeFiles files, LeaseRef lease, string bytes, FileName? name = null, long? size = null)
    {
        var first = new StoreBlock
        {
            Lease = NodeMessages.ToLease(lease), Name = ByteString.CopyFrom((name ?? FileName.Of(Encoding.UTF8.GetBytes(bytes))).ToArray()),
            Size = size ?? bytes.Length,
        };
        var blocks = bytes.Chunk(3).Select(static part => new StoreBlock { Data = ByteString.CopyFromUtf8(new string(part)) }).Prepend(first).ToAsyncEnumerable();
        await using var sent = blocks.GetAsyncEnumerator(Cancellation);
        Assert.True(await sent.MoveNextAsync());
        return await files.Store(sent);
    }

    private static Task<ArtifactAnswer> Name(NodeFiles files, LeaseRef lease, params (string Path, string Content)[] artifacts) => files.Name(Page(lease, artifacts));

    private static ArtifactPage Page(LeaseRef lease, params (string Path, string Content)[] artifacts)
    {
        var page = new ArtifactPage { Lease = NodeMessages.ToLease(lease) };
        foreach (var (path, content) in artifacts)
            page.Artifacts.Add(new Artifact { Path = path, Name = ByteString.CopyFrom(FileName.Of(Encoding.UTF8.GetBytes(content)).ToArray()), Size = content.Length });
        return page;
    }
}
