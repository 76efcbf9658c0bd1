using System.Globalization;
using System.Text;
using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Chunks of a large stored file fetch what they read of it.</summary>
public sealed class FetchedPartsTests
{
    private const int Part = 512 << 10;
    private readonly FakePlane plane = new();
    private readonly ChunkItems[] workers;
    private int wholes;

    public FetchedPartsTests() => workers = [.. Enumerable.Range(0, 4).Select(_ => new ChunkItems(new SourceFileOpener(null, []), Open))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ItemFormat.FileLines)]
    [InlineData(ItemFormat.FileNdjson)]
    public async Task Lines_OnSeveralWorkers_AreReadOnce_AndTheFileIsFetchedAboutOnce(ItemFormat format)
    {
        var text = Numbers(700_000);

        Assert.Equal(text, await ReadAll(format, text));
        Assert.Equal(0, wholes);
        // Each worker also has the head, and each part the rest of its last line.
        var parts = text.Length / Part + 1;
        Assert.InRange(plane.Sent, text.Length, text.Length + (workers.Length * ChunkItems.Head) + (parts * (ChunkItems.Rest + 1)));
    }

    [Fact]
    public async Task Csv_WithoutQuotes_FetchesAMebibyteMore()
    {
        var rows = Numbers(700_000);

        Assert.Equal(rows, await ReadAll(ItemFormat.FileCsv, "n\n" + rows));
        Assert.Equal(0, wholes);
        var parts = rows.Length / Part + 1;
        Assert.InRange(plane.Sent, rows.Length, rows.Length + (workers.Length * ChunkItems.Head) + (parts * ((1 << 20) + ChunkItems.Rest + 1)));
    }

    [Fact]
    public async Task Csv_WithQuotes_IsFetchedAsAWhole()
    {
        var rows = string.Concat(Enumerable.Range(0, 400_000).Select(static n => string.Create(CultureInfo.InvariantCulture, $"\"{n},\n\"\n")));
        var text = "n\n" + rows;

        var read = await ReadAll(ItemFormat.FileCsv, text);
        Assert.Equal(400_000, read.Split("\"\n").Length - 1);
        Assert.Equal(rows, read);
        Assert.True(wholes > 0);
    }

    [Fact]
    public async Task LineThatIsLongerThanTheRest_IsReadOn()
    {
        var text = Numbers(600_000) + new string('x', 300_000) + "\n" + Numbers(600_000) + "the end";

        Assert.Equal(text + "\n", await ReadAll(ItemFormat.FileLines, text));
        Assert.Equal(0, wholes);
    }

    [Fact]
    public async Task OlderService_WhichSendsAll_IsLeftWhenThePartIsThere()
    {
        plane.IgnoresCount = true;
        var text = Numbers(700_000);

        Assert.Equal(text, await ReadAll(ItemFormat.FileLines, text));
    }

    [Fact]
    public async Task FetchThatBreaks_GoesOnAtTheByteItHadReached()
    {
        var text = Numbers(700_000);
        var broken = new HashSet<long>();
        plane.BeforeBlock = (_, at, _) => at % 100_000 < 1_000 && broken.Add(at) ? throw new IOException("broken") : Task.CompletedTask;

        Assert.Equal(text, await ReadAll(ItemFormat.FileLines, text));
        Assert.NotEmpty(broken);
    }

    private static string Numbers(int count) =>
        string.Concat(Enumerable.Range(0, count).Select(static n => string.Create(CultureInfo.InvariantCulture, $"{n}\n")));

    // The parts go to the workers in turn.
    private async Task<string> ReadAll(ItemFormat format, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var file = FilePart.OfStored(plane.Add(bytes), bytes.Length, 0);
        var (read, number) = (new StringBuilder(), 0);
        for (var from = 0; from < bytes.Length; from += Part, number++)
        {
            var start = new Start
            {
                Lease = new Lease(),
                Chunk = new Chunk
                {
                    Format = (Chunk.Types.Format)(int)format, First = from, Items = Math.Min(Part, bytes.Length - from),
                    Segment = ByteString.CopyFrom(file.ToBytes()),
                },
            };
            var input = await workers[number % workers.Length].OfAsync(start, Cancellation);
            read.Append(Encoding.UTF8.GetString(input.Segment.Span));
        }

        return read.ToString();
    }

    private Task<SourceBytes> Open(Lease lease, FileName name, long size, bool isWhole, CancellationToken cancellation)
    {
        if (!isWhole)
            return Task.FromResult<SourceBytes>(new FetchedParts(name, size, plane.Fetcher(TimeProvider.System)));
        wholes++;
        return Task.FromResult<SourceBytes>(new WholeBytes(plane[name]));
    }

    private sealed class WholeBytes(byte[] content) : SourceBytes
    {
        public override long Length => content.Length;

        public override int Read(Span<byte> bytes, long at)
        {
            var found = content.AsSpan((int)at);
            found = found[..Math.Min(found.Length, bytes.Length)];
            found.CopyTo(bytes);
            return found.Length;
        }
    }
}
