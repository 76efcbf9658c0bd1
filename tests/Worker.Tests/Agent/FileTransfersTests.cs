using OrleansTasks.Processing.Files;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Artifacts whose calls break.</summary>
public sealed class FileTransfersTests : IDisposable
{
    private const int Size = 10 * BreakingPlane.Block;
    private readonly string root = Directory.CreateTempSubdirectory("otask-transfers-").FullName;
    private readonly ManualTime time = new();
    private readonly BreakingPlane plane;

    public FileTransfersTests() => plane = new(time);

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Store_BreaksForLongerThanTheSilence_GoesOnWhileItGetsFurther()
    {
        plane.BreaksAt = static tries => tries <= 4 ? tries * 2 * BreakingPlane.Block : Size;

        await StoreAsync();

        Assert.Equal((5, true), (plane.Tries, plane.IsNamed));
    }

    [Fact]
    public async Task Store_BreaksLateAndThenEarlier_GoesOn()
    {
        plane.BreaksAt = static tries => tries switch { 1 => 5, 2 => 2, 3 => 4, _ => 10 } * BreakingPlane.Block;

        await StoreAsync();

        Assert.Equal((4, true), (plane.Tries, plane.IsNamed));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(3, FileTransfers.MostInVain + 1)]
    public async Task Store_BreaksAtTheSameByteEachTime_FailsInTheEnd(int block, int tries)
    {
        plane.BreaksAt = _ => block * BreakingPlane.Block;

        await Assert.ThrowsAsync<FilePlaneException>(StoreAsync);

        Assert.Equal((tries, false), (plane.Tries, plane.IsNamed));
    }

    private async Task StoreAsync()
    {
        var content = FakePlane.Bytes(1, Size);
        var path = Path.Combine(root, "copies");
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        using var artifacts = new CollectedArtifacts(
            File.OpenHandle(path),
            [new CollectedFile("a", FileName.Of(content), Size, IsExecutable: false, Offset: 0)]);
        using var work = new FileWork(new TaskCompletionSource<FileCache>().Task, root);
        var transfers = new FileTransfers(
            work, time, static () => new Backoff(TimeSpan.Zero, TimeSpan.Zero, new Random(1)), _ => plane);
        await transfers.StoreAsync(AgentFixture.LeaseOf(1), artifacts, TestContext.Current.CancellationToken);
    }

    /// <summary>A service that takes a part of a file, and breaks off later than a transfer may be silent.</summary>
    private sealed class BreakingPlane(ManualTime time) : IFilePlane
    {
        internal const int Block = 1_000;

        /// <summary>
        /// Returns the offset at which a try breaks; the file's size or more if it does not. Tries count from 1.
        /// </summary>
        internal Func<int, int> BreaksAt { get; set; } = static _ => Size;

        internal int Tries { get; private set; }

        internal bool IsNamed { get; private set; }

        public IAsyncEnumerable<ReadOnlyMemory<byte>> Fetch(
            FileName name, long offset, long count, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<ReadOnlyMemory<byte>> FetchMany(
            IReadOnlyList<FileName> names, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<IReadOnlyCollection<FileName>> Missing(
            IReadOnlyList<FileName> names, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyCollection<FileName>>(names);

        public Task Store(
            FileName name, long size, Func<long, Memory<byte>, int> content, CancellationToken cancellation)
        {
            var end = BreaksAt(++Tries);
            for (var at = 0; at < size; at += Block)
            {
                Assert.Equal(Block, content(at, new byte[Block]));
                if (at != end)
                    continue;
                time.Advance(FileTransfers.Silence + TimeSpan.FromSeconds(1));
                throw new IOException("cut");
            }

            return Task.CompletedTask;
        }

        public Task NameArtifacts(IReadOnlyList<CollectedFile> page, CancellationToken cancellation)
        {
            IsNamed = true;
            return Task.CompletedTask;
        }
    }
}
