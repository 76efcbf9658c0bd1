using System.Formats.Tar;
using System.Net;
using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Stored files over HTTP, through the real silo and store.</summary>
public sealed class FileTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/files";
    private const int Block = ServiceLimits.FileBlockBytes;
    private readonly ServiceClient client = service.Client;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block)]
    [InlineData(3 * Block + 11)]
    public async Task Put_Bytes_StoresThemOnceAndGivesThemBack(int size)
    {
        var content = Content(size, size);
        var name = FileName.Of(content).ToString();
        Assert.Equal(404, (await client.Get($"{Root}/{name}")).Status);

        var made = await Send("PUT", $"{Root}/{name}", content);
        var again = await Send("PUT", $"{Root}/{name}", content);
        var posted = await Send("POST", Root, content);

        Assert.Equal((201, 200, 200), (made.Status, again.Status, posted.Status));
        foreach (var reply in new[] { made, again, posted })
            Assert.Equal((name, size), (reply.Json.GetProperty("file").GetString(), reply.Json.GetProperty("bytes").GetInt32()));
        var read = await client.Get($"{Root}/{name}");
        Assert.Equal((200, "application/octet-stream"), (read.Status, read.Type));
        Assert.True(read.Body.AsSpan().SequenceEqual(content));
        Assert.Equal(
            ("attachment", "nosniff", "private, immutable", "bytes", $"\"{name[7..]}\"", $"{size}"),
            (read.Headers["Content-Disposition"], read.Headers["X-Content-Type-Options"], string.Join(", ", read.Headers["Cache-Control"].Split(", ").Order().Reverse()),
                read.Headers["Accept-Ranges"], read.Headers["ETag"], read.Headers["Content-Length"]));
        var head = await client.Send(HttpMethod.Head, $"{Root}/{name}");
        Assert.Equal((200, 0, $"{size}"), (head.Status, head.Body.Length, head.Headers["Content-Length"]));
    }

    [Fact]
    public async Task Put_OtherBytes_IsRefusedAndKeepsNothing()
    {
        var (sent, meant) = (Content(2 * Block, 21), Content(2 * Block, 22));
        var refused = await Send("PUT", $"{Root}/{FileName.Of(meant)}", sent);

        Assert.Contains(FileName.Of(sent).ToString(), refused.Problem(422, "wrong-hash").GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await Missing(FileName.Of(sent), FileName.Of(meant))).Length);
    }

    [Theory]
    [InlineData("sha256:00")]
    [InlineData("md5:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("sha256:000000000000000000000000000000000000000000000000000000000000000G")]
    [InlineData("SHA256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    public async Task Call_WithANameThatIsNone_IsRefused(string name)
    {
        (await Send("PUT", $"{Root}/{name}", [1])).Problem(422, "invalid-file");
        (await client.Get($"{Root}/{name}")).Problem(404, "not-found");
        (await client.Post($"{Root}/missing", $$"""{"files":["{{name}}"]}""")).Problem(422, "invalid-files");
    }

    [Fact]
    public async Task Put_CutInTheMiddle_LeavesNothing()
    {
        var content = Content(3 * Block, 23);
        var name = FileName.Of(content);
        var arriving = Path.Combine(service.Folder, "data", "files", "arriving");
        using (var cut = new System.Net.Sockets.TcpClient())
        {
            await cut.ConnectAsync(IPAddress.Loopback, client.Http.BaseAddress!.Port);
            var stream = cut.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Root}/{name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {content.Length}\r\n\r\n"));
            await stream.WriteAsync(content.AsMemory(0, 2 * Block));
            await Eventually.True(() => Directory.Exists(arriving) && Directory.GetFiles(arriving).Length > 0);
        }

        Assert.Equal([name], await Missing(name));
        // What arrived takes no space.
        await Eventually.True(() => Directory.GetFiles(arriving).Length == 0);
        Assert.Equal(201, (await Send("PUT", $"{Root}/{name}", content)).Status);
    }

    [Fact]
    public async Task Put_Compressed_IsRefused() => (await Send("PUT", $"{Root}/{FileName.Of([1])}", [1], ("Content-Encoding", "gzip")))
        .Problem(415, "unsupported-media-type");

    [Fact]
    public async Task Put_TooLarge_IsRefusedBeforeItIsRead()
    {
        var answer = await client.SendRaw(
            $"PUT {Root}/{FileName.Of([2])} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {ServiceLimits.FileBytes + 1}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("file-too-large", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_OfOneFileAtOnce_AllSucceed()
    {
        var content = Content(2 * Block + 1, 24);
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Send("PUT", $"{Root}/{FileName.Of(content)}", content)));

        Assert.All(replies, static reply => Assert.InRange(reply.Status, 200, 201));
        Assert.True((await client.Get($"{Root}/{FileName.Of(content)}")).Body.AsSpan().SequenceEqual(content));
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 0)]
    [InlineData("bytes=10-19", 10, 19)]
    [InlineData("bytes=1048570-1048590", 1048570, 1048590)]
    [InlineData("bytes=2097152-", 2097152, 2097251)]
    [InlineData("bytes=-5", 2097247, 2097251)]
    [InlineData("bytes=5-99999999", 5, 2097251)]
    public async Task Get_ARange_GivesIt(string range, int first, int last)
    {
        var content = Content(2 * Block + 100, 25);
        var name = (await Send("POST", Root, content)).Json.GetProperty("file").GetString();
        foreach (var headers in ((string, string)[][])[[("Range", range)], [("Range", range), ("If-Range", $"\"{name![7..]}\"")]])
        {
            var part = await client.Get($"{Root}/{name}", headers);
            Assert.Equal((206, $"bytes {first}-{last}/{content.Length}"), (part.Status, part.Headers["Content-Range"]));
            Assert.True(part.Body.AsSpan().SequenceEqual(content.AsSpan(first, last - first + 1)));
        }

        Assert.Equal(200, (await client.Get($"{Root}/{name}", ("Range", range), ("If-Range", "\"other\""))).Status);
    }

    [Fact]
    public async Task Get_RangeBeyondTheEndOrKnownFile_SaysSo()
    {
        var name = (await Send("POST", Root, Content(100, 26))).Json.GetProperty("file").GetString();
        var beyond = await client.Get($"{Root}/{name}", ("Range", "bytes=100-"));
        beyond.Problem(416, "range-not-satisfiable");
        Assert.Equal("bytes */100", beyond.Headers["Content-Range"]);
        Assert.Equal(200, (await client.Get($"{Root}/{name}", ("Range", "bytes=0-1,5-6"))).Status);
        foreach (var tag in new[] { $"\"{name![7..]}\"", $"W/\"{name[7..]}\"", $"\"x\", \"{name[7..]}\"", "*" })
        {
            var known = await client.Get($"{Root}/{name}", ("If-None-Match", tag));
            Assert.Equal((304, 0), (known.Status, known.Body.Length));
        }

        Assert.Equal(200, (await client.Get($"{Root}/{name}", ("If-None-Match", "\"x\""))).Status);
    }

    [Fact]
    public async Task Missing_OfManyFiles_AnswersInOrder()
    {
        var stored = FileName.Of(Content(1_000, 27));
        await Send("POST", Root, Content(1_000, 27));
        FileName[] asked = [.. Enumerable.Range(0, 4_999).Select(static n => FileName.Of(BitConverter.GetBytes(n))), stored,
            .. Enumerable.Range(0, 5_000).Select(static n => FileName.Of(BitConverter.GetBytes(-n - 1)))];

        Assert.Equal(asked.Where(name => name != stored), await Missing(asked));
        (await AskFor([.. asked, stored])).Problem(422, "invalid-files");
        (await client.Post($"{Root}/missing", "{}")).Problem(422, "invalid-files");
        (await client.Post($"{Root}/missing", """{"file":[]}""")).Problem(422, "invalid-files");
        (await client.Post($"{Root}/missing", "{")).Problem(400, "malformed-json");
    }

    [Fact]
    public async Task Archive_OfFilesAndFolders_StoresEachFile()
    {
        var big = Content(2 * Block + 3, 28);
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "lib/"));
            Add(writer, "lib/run.sh", "#!/bin/sh\n"u8.ToArray(), isExecutable: true);
            Add(writer, "empty", [], isExecutable: false);
            Add(writer, $"{new string('d', 150)}/{new string('ü', 120)}", big, isExecutable: false);
        }

        var reply = await Send("POST", $"{Root}/archive", tar.ToArray(), ("Content-Type", "application/x-tar"));

        Assert.True(reply.Status == 201, reply.Text);
        var items = reply.Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(["lib/run.sh", "empty", $"{new string('d', 150)}/{new string('ü', 120)}"], items.Select(static item => item.GetProperty("path").GetString()!));
        Assert.Equal([true, false, false], items.Select(static item => item.GetProperty("executable").GetBoolean()));
        Assert.Equal([10, 0, big.Length], items.Select(static item => item.GetProperty("bytes").GetInt32()));
        Assert.True((await client.Get($"{Root}/{items[2].GetProperty("file").GetString()}")).Body.AsSpan().SequenceEqual(big));
        Assert.Equal(3, (await Missing(FileName.Of(tar.ToArray()), FileName.Of([]), FileName.Of([7]), FileName.Of([8]))).Length);
    }

    [Fact]
    public async Task Archive_WithALink_IsRefusedAndKeepsNothing()
    {
        var content = Content(70_000, 29);
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "a") { DataStream = new MemoryStream(content) });
            writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "evil") { LinkName = "/etc/passwd" });
        }

        var refused = (await Send("POST", $"{Root}/archive", tar.ToArray(), ("Content-Type", "application/x-tar"))).Problem(422, "invalid-archive");

        Assert.Contains("evil", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal([FileName.Of(content)], await Missing(FileName.Of(content)));
        (await Send("POST", $"{Root}/archive", [], ("Content-Type", "application/x-tar"))).Problem(422, "invalid-archive");
        (await Send("POST", $"{Root}/archive", "no tar"u8.ToArray(), ("Content-Type", "application/x-tar"))).Problem(422, "invalid-archive");
        (await Send("POST", $"{Root}/archive", tar.ToArray())).Problem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task List_BySizeAndAge_GoesThroughAllFiles()
    {
        foreach (var size in new[] { 5_000_000, 4_000_000, 4_000_001 })
            await Send("POST", Root, Content(size, size));
        var sizes = new List<long>();
        var all = new HashSet<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await client.Get($"{Root}?sort=size&limit=2{(cursor.Length > 0 ? "&cursor=" + cursor : "")}")).Json;
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                sizes.Add(item.GetProperty("bytes").GetInt64());
                Assert.True(all.Add(item.GetProperty("file").GetString()!));
                Assert.Equal(0, item.GetProperty("referencedBy").GetArrayLength());
                var left = item.GetProperty("expiresAt").GetDateTimeOffset() - item.GetProperty("createdAt").GetDateTimeOffset();
                Assert.InRange(left, TimeSpan.FromHours(24), TimeSpan.FromHours(25));
            }

            cursor = page.GetProperty("nextCursor").GetString();
        }

        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Superset(new HashSet<long> { 5_000_000, 4_000_000, 4_000_001 }, sizes.ToHashSet());
        Assert.Equal(all, (await client.Get($"{Root}?limit=1000")).Json.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("file").GetString()!).ToHashSet());
        (await client.Get($"{Root}?sort=name")).Problem(400, "bad-parameter");
        (await client.Get($"{Root}?cursor=x")).Problem(400, "bad-cursor");
    }

    private static void Add(TarWriter writer, string path, byte[] content, bool isExecutable) => writer.WriteEntry(
        new PaxTarEntry(TarEntryType.RegularFile, path)
        {
            DataStream = new MemoryStream(content),
            Mode = isExecutable ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead,
        });

    private static byte[] Content(int size, int seed)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }

    private async Task<Reply> Send(string method, string path, byte[] content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(content) };
        foreach (var (name, value) in headers)
            request.Content.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.Http.SendAsync(request);
        return await Reply.Read(response);
    }

    private Task<Reply> AskFor(FileName[] names) =>
        client.Post($"{Root}/missing", JsonSerializer.Serialize(new { files = names.Select(static name => name.ToString()) }));

    private async Task<FileName[]> Missing(params FileName[] names) =>
        [.. (await AskFor(names)).Json.GetProperty("missing").EnumerateArray().Select(static name => FileName.Parse(name.GetString()))];
}
