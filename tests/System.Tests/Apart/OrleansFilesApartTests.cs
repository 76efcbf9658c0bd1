using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Files pass from a gateway to a silo in another process, in blocks.</summary>
public sealed partial class OrleansFilesApartTests : DataFolders
{
    private const long Size = 256L << 20;

    // Blocks under way, and what the collector has not yet taken; far less than the file.
    private const int MostGrowth = 150;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task LargeFile_UpAndDown_KeepsTheMemoryOfBothFlat()
    {
        await using var silo = await Service.StartSilo(Data, "--slots", "0");
        await using var gateway = await Service.StartGateway(silo.Silo);
        await Send(gateway, 4 << 20, seed: 1);
        var before = (Peak(silo.Agent), Peak(gateway.Supervisor));

        var name = await Send(gateway, Size, seed: 2);
        using var answer = await gateway.Http.GetAsync($"/api/v1/files/{name}", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(body));

        Assert.Equal(name, $"sha256:{hash}");
        var (ofSilo, ofGateway) = (Peak(silo.Agent) - before.Item1, Peak(gateway.Supervisor) - before.Item2);
        Assert.True(Math.Max(ofSilo, ofGateway) < MostGrowth, $"The silo grew by {ofSilo} MiB, the gateway by {ofGateway} MiB.");
    }

    [Fact]
    public async Task SiloKilledDuringAnUpload_NothingIsVisible_AndTheSpaceIsFreeAgain()
    {
        var silo = await Service.StartSilo(Data, "--slots", "0");
        await using var gateway = await Service.StartGateway(silo.Silo);
        using var content = new EndlessContent();
        using var cancel = new CancellationTokenSource();
        var upload = gateway.Http.PostAsync("/api/v1/files", content, cancel.Token);
        var arriving = Path.Combine(Data, "files", "arriving");
        await Until.Holds("a part of the upload is on the disk", Patience,
            () => Task.FromResult(Directory.Exists(arriving) && Directory.GetFiles(arriving).Any(static file => new FileInfo(file).Length > 4 << 20)));

        await silo.KillAll();
        content.End();
        // The gateway says that it failed, or cuts the connection of a sender that goes on.
        try
        {
            using var refused = await upload;
            Assert.InRange((int)refused.StatusCode, 500, 599);
        }
        catch (HttpRequestException)
        {
            // As good.
        }

        await using var restarted = await Service.StartSilo(Data, "--slots", "0", "--listen", silo.Silo);
        await silo.DisposeAsync();
        await Until.Holds("the part is gone", Patience, () => Task.FromResult(Directory.GetFiles(arriving).Length == 0));
        await Until.Holds("the gateway takes files again", Patience, async () =>
        {
            using var list = await gateway.Http.GetAsync("/api/v1/files");
            return list.IsSuccessStatusCode && (await list.Content.ReadAsStringAsync()).Contains("\"items\":[]", StringComparison.Ordinal);
        });
        await Send(gateway, 3 << 20, seed: 3);
    }

    [Fact]
    public async Task ArtifactsOfAnySize_AloneInPartsAndTogether_ArriveWhole()
    {
        int[] sizes = [1, 15, 16, 17, 1_000, 4_096, 100_003, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_500_000];
        await using var silo = await Service.StartSilo(Data, "--slots", "1");
        await using var gateway = await Service.StartGateway(silo.Silo);
        using var answer = await gateway.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"for size in {string.Join(' ', sizes)}; do head -c $size /dev/urandom > $size; done",
            ["artifacts"] = new JsonArray("*"),
        });
        var id = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
        Assert.Equal("succeeded", (string?)(await gateway.Ended(id))["state"]);
        var list = JsonNode.Parse(await gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts"))!["items"]!.AsArray();
        var names = list.ToDictionary(static item => (string)item!["path"]!, static item => (string)item!["file"]!);
        Assert.Equal(sizes.Length, names.Count);

        foreach (var size in sizes)
        {
            var path = size.ToString(CultureInfo.InvariantCulture);
            var bytes = await gateway.Http.GetByteArrayAsync($"/api/v1/files/{names[path]}");
            Assert.Equal((path, size, names[path]), (path, bytes.Length, NameOf(bytes)));
            using var part = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/tasks/{id}/artifacts/{path}");
            part.Headers.Range = new(size / 3, null);
            using var rest = await gateway.Http.SendAsync(part);
            Assert.Equal(bytes[(size / 3)..], await rest.Content.ReadAsByteArrayAsync());
        }

        await using var zipped = await ZipArchive.CreateAsync(
            new MemoryStream(await gateway.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/artifacts.zip")), ZipArchiveMode.Read, false, null);
        foreach (var entry in zipped.Entries)
        {
            await using var content = await entry.OpenAsync();
            Assert.Equal((entry.FullName, names[entry.FullName]), (entry.FullName, NameOf(await SHA256.HashDataAsync(content), isHash: true)));
        }

        await using var tar = new TarReader(new MemoryStream(await gateway.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/artifacts.tar")));
        var count = 0;
        for (; await tar.GetNextEntryAsync() is { } entry; count++)
            Assert.Equal((entry.Name, names[entry.Name]), (entry.Name, NameOf(await SHA256.HashDataAsync(entry.DataStream!), isHash: true)));
        Assert.Equal((sizes.Length, sizes.Length), (zipped.Entries.Count, count));
        // A download that was cut off after its last byte looks whole.
        Assert.DoesNotContain("not associated with this pool", gateway.Log, StringComparison.Ordinal);
    }

    private static string NameOf(byte[] bytes, bool isHash = false) =>
        $"sha256:{Convert.ToHexStringLower(isHash ? bytes : SHA256.HashData(bytes))}";

    private static async Task<string> Send(Service gateway, long size, int seed)
    {
        using var content = new StreamContent(new Pattern(size, seed));
        using var answer = await gateway.Http.PostAsync("/api/v1/files", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 201, text);
        return Name().Match(text).Value;
    }

    private static int Peak(int process) =>
        int.Parse(PeakLine().Match(File.ReadAllText($"/proc/{process}/status")).Groups[1].Value, CultureInfo.InvariantCulture) / 1024;

    [GeneratedRegex("sha256:[0-9a-f]{64}")]
    private static partial Regex Name();

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakLine();

    /// <summary>Bytes of a given number, without a copy of them anywhere.</summary>
    private sealed class Pattern(long size, int seed) : Stream
    {
        private readonly Random random = new(seed);
        private long at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => at; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var taken = (int)Math.Min(count, size - at);
            random.NextBytes(buffer.AsSpan(offset, taken));
            at += taken;
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>A body that sends 8 MiB, and the rest when it may end.</summary>
    private sealed class EndlessContent : HttpContent
    {
        private readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End() => end.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, global::System.Net.TransportContext? context)
        {
            var block = new byte[1 << 20];
            for (var n = 0; n < 8; n++)
                await stream.WriteAsync(block);
            await stream.FlushAsync();
            await end.Task;
            await stream.WriteAsync(block);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
