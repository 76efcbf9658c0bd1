using static OrleansTasks.Storage.Tests.TestRows;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every output store must do.</summary>
public abstract class OutputStoreConformance
{
    private static readonly TaskId Task1 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0001);
    private static readonly TaskId Task2 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0002);

    protected abstract IOutputStore Store { get; }

    private Task Append(long offset, string text, TaskId? task = null, int attempt = 1, OutputStream stream =
        OutputStream.Stdout) =>
        Store.Append(task ?? Task1, attempt, TokenOf(attempt), stream, offset, Bytes(text));

    private async Task<string> Read(
        long offset = 0, int count = 1000, TaskId? task = null, int attempt = 1, OutputStream stream =
            OutputStream.Stdout) =>
        Text(await Store.Read(task ?? Task1, attempt, TokenOf(attempt), stream, offset, count));

    private Task<long> Length(OutputStream stream = OutputStream.Stdout, int attempt = 1) =>
        Store.Length(Task1, attempt, TokenOf(attempt), stream);

    [Fact]
    public async Task Append_PieceByPiece_IsReadAtOnce()
    {
        await Append(0, "hello ");
        Assert.Equal("hello ", await Read());
        await Append(6, "world");
        Assert.Equal("hello world", await Read());
        Assert.Equal(11, await Length());
    }

    [Fact]
    public async Task Append_RepeatedAndOverlapping_IsHarmless()
    {
        await Append(0, "hello");
        await Append(0, "hello");
        await Append(0, "hel");
        await Append(3, "lo there");
        await Append(2, "l");
        Assert.Equal("hello there", await Read());
    }

    [Fact]
    public async Task Append_ThatLeavesAGap_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Append(1, "x"));
        await Append(0, "ab");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Append(3, "x"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Append(-1, "x"));
        Assert.Equal("ab", await Read());
        await Append(2, "");
    }

    [Fact]
    public async Task Sync_OfMoreThanThereIs_IsRefused()
    {
        await Append(0, "abc");
        await Append(0, "de", stream: OutputStream.Stderr);
        await Store.Sync(Task1, 1, TokenOf(1), stdout: 3, stderr: 2);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Sync(Task1, 1, TokenOf(1), stdout: 4));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Sync(Task1, 1, TokenOf(1), stderr: 3));
    }

    [Fact]
    public async Task Read_AnyRange_IsCutAtTheEnd()
    {
        await Append(0, "0123456789");
        Assert.Equal("345", await Read(3, 3));
        Assert.Equal("89", await Read(8, 100));
        Assert.Equal("", await Read(10));
        Assert.Equal("", await Read(1L << 40));
        Assert.Equal("", await Read(3, 0));
    }

    [Fact]
    public async Task Streams_OfAttemptsAndTasks_AreApart()
    {
        await Append(0, "out1");
        await Append(0, "err1!", stream: OutputStream.Stderr);
        await Append(0, "out2", attempt: 2);
        await Append(0, "other", Task2);
        Assert.Equal("out1", await Read());
        Assert.Equal("err1!", await Read(stream: OutputStream.Stderr));
        Assert.Equal("out2", await Read(attempt: 2));
        Assert.Equal("other", await Read(task: Task2));
        Assert.Equal(5, await Length(OutputStream.Stderr));
        Assert.Equal("", Text(await Store.Read(Task1, 1, TokenOf(99), OutputStream.Stdout, 0, 10)));
    }

    [Fact]
    public async Task WithoutOutput_EverythingIsEmptyAndHarmless()
    {
        Assert.Equal(0, await Length());
        Assert.Equal("", await Read());
        await Store.Sync(Task1, 1, TokenOf(1));
        await Store.Delete(Task1, 1, TokenOf(1));
        await Store.Delete(Task1);
        await Append(0, "");
        Assert.Equal(0, await Length());
    }

    [Fact]
    public async Task Delete_OfAnAttempt_LeavesTheOthers()
    {
        await Append(0, "one");
        await Append(0, "one", stream: OutputStream.Stderr);
        await Append(0, "one", stream: OutputStream.Marks);
        await Append(0, "two", attempt: 2);
        await Store.Delete(Task1, 1, TokenOf(1));
        Assert.Equal(0, await Length());
        Assert.Equal(0, await Length(OutputStream.Stderr));
        Assert.Equal(0, await Length(OutputStream.Marks));
        Assert.Equal("two", await Read(attempt: 2));
    }

    [Fact]
    public async Task Delete_OfATask_LeavesOtherTasks()
    {
        await Append(0, "one");
        await Append(0, "two", attempt: 2);
        await Append(0, "other", Task2);
        await Store.Delete(Task1);
        Assert.Equal((0, 0), (await Length(), await Length(attempt: 2)));
        Assert.Equal("other", await Read(task: Task2));
        await Append(0, "again");
        Assert.Equal("again", await Read());
    }

    [Fact]
    public async Task List_NamesTheAttemptsOfAPart()
    {
        Assert.Empty(await Store.List(1));
        await Append(0, "one");
        await Append(0, "one", stream: OutputStream.Stderr);
        await Append(0, "two", attempt: 2);
        await Append(0, "other", Task2);

        Assert.Equal(
            [new OutputFiles(Task1, 1, TokenOf(1)), new OutputFiles(Task1, 2, TokenOf(2))],
            (await Store.List(1)).OrderBy(static files => files.Attempt));
        Assert.Equal([new OutputFiles(Task2, 1, TokenOf(1))], await Store.List(2));
        Assert.Empty(await Store.List(IOutputStore.Parts - 1));
    }

    [Fact]
    public async Task Append_LargePieces_ComeBackTheSame()
    {
        var bytes = new byte[3 << 20];
        new Random(5).NextBytes(bytes);
        for (var at = 0; at < bytes.Length; at += 1 << 20)
            await Store.Append(Task1, 1, TokenOf(1), OutputStream.Stdout, at, bytes.AsMemory(at, 1 << 20));
        await Store.Sync(Task1, 1, TokenOf(1));
        var read = await Store.Read(Task1, 1, TokenOf(1), OutputStream.Stdout, 0, bytes.Length);
        Assert.True(bytes.AsSpan().SequenceEqual(read.Span));
    }
}
