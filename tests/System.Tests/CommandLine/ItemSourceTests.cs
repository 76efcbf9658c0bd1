using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// One text as the source of a job, from a local file, from a file that the workers read, and from a command: the items
/// are the same, or the same is refused.
/// </summary>
public sealed class ItemSourceTests(ItemSourceTests.Scene scene) : IClassFixture<ItemSourceTests.Scene>
{
    [Fact]
    public async Task Lines_OfOneText_AreTheSameItemsFromEverySource()
    {
        var service = await scene.Service;
        foreach (var (text, items) in new (string, string[])[]
        {
            ("10%\r20%\r100%\ndone\n", ["10%\r20%\r100%", "done"]),
            ("\uFEFFa\r\n\r\r\n\nlast\r", ["a", "\r", "", "last\r"]),
            ("a\0b\u2028c\n\uFEFFd", ["a\0b\u2028c", "\uFEFFd"]),
        })
        {
            var file = await Written(text);
            foreach (var source in (string[][])[["--from", file, "--lines"], ["--from", file, "--format", "lines"], ["--file", file], ["--source-command", $"cat '{file}'"]])
                Assert.Equal(items.Order(StringComparer.Ordinal), await Items(service, source));
        }
    }

    [Fact]
    public async Task Utf16_FromEverySource_IsRefusedByName()
    {
        var service = await scene.Service;
        foreach (var encoding in new[] { new UnicodeEncoding(false, true), new UnicodeEncoding(true, true), new UnicodeEncoding(false, false) })
        {
            var file = In("utf16");
            await File.WriteAllBytesAsync(file, [.. encoding.GetPreamble(), .. encoding.GetBytes("1\n2\n")]);
            foreach (var source in (string[][])
            [
                ["--from", file, "--lines"], ["--from", file], ["--from", file, "--format", "csv"], ["--file", file],
                ["--file", file, "--format", "ndjson"], ["--file", file, "--format", "csv"], ["--source-command", $"cat '{file}'"],
            ])
            {
                var refusal = await Refusal(service, source);
                Assert.True(refusal.Contains("is UTF-16, not UTF-8", StringComparison.Ordinal), $"{string.Join(' ', source)}: {refusal}");
            }
        }
    }

    [Fact]
    public async Task Json_OfAsManyLevelsAsAreAllowed_IsShownInAnAggregate_AndOfMoreIsRefusedFromEverySource()
    {
        var service = await scene.Service;
        var deepest = new string('[', 64) + new string(']', 64);
        var file = await Written($"{deepest}\n");
        Assert.Equal([deepest], await Items(service, "--from", file));
        Assert.Equal([deepest], await Items(service, "--file", file, "--format", "ndjson"));
        Assert.Equal([deepest], await Items(service, "--source-command", $"cat '{file}'", "--builtin", "json"));
        Assert.Equal([deepest], await Items(service, "--file", file, "--chunk-command", "cat"));
        file = await Written($"[{deepest}]\n");
        foreach (var source in (string[][])
        [
            ["--from", file], ["--file", file, "--format", "ndjson"], ["--source-command", $"cat '{file}'", "--builtin", "json"],
            ["--file", file, "--chunk-command", "cat"], ["--file", file, "--command", "cat"],
        ])
            Assert.Contains("64", await Refusal(service, source), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_FromBothSides_IsTheSameRows()
    {
        var service = await scene.Service;
        var file = await Written("\uFEFFn,\"note (line 1\r\nn2,line 2)\"\r\n1,x\r\n\r\n2,\"y, \"\"z\"\"\n\"\r\n");
        string[] rows = ["""{"n":1,"note (line 1\r\nn2,line 2)":"x"}""", """{"n":2,"note (line 1\r\nn2,line 2)":"y, \u0022z\u0022\n"}"""];
        Assert.Equal(rows, await Items(service, "--from", file, "--format", "csv"));
        Assert.Equal(rows, await Items(service, "--file", file, "--format", "csv"));
        // Parts of a few bytes, most of which begin in quotes.
        Assert.Equal(rows, await Items(service, "--file", file, "--format", "csv", "--chunk-size", "1"));
    }

    [Theory]
    [InlineData("a,b\r1,2\r3,4\r", "carriage return")]
    [InlineData("a,b\n1,\"2\n3,4\n", "not closed")]
    [InlineData("\"a,b\n1,2\n", "not closed")]
    [InlineData("a\n1\r2\r3\n", "carriage return")]
    public async Task Csv_ThatIsNone_FailsForAReasonFromBothSides(string text, string reason)
    {
        var service = await scene.Service;
        var file = await Written(text);
        foreach (var source in (string[])["--from", "--file"])
            Assert.Contains(reason, await Refusal(service, source, file, "--format", "csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatIsNoRegularFile_IsRefusedByKindAtOnce()
    {
        var service = await scene.Service;
        Assert.Equal(0, (await Finished.Run("mkfifo", [In("pipe")])).ExitCode);
        using var socket = new global::System.Net.Sockets.Socket(
            global::System.Net.Sockets.AddressFamily.Unix, global::System.Net.Sockets.SocketType.Stream, global::System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new global::System.Net.Sockets.UnixDomainSocketEndPoint(In("socket")));
        Directory.CreateDirectory(In("folder"));
        File.CreateSymbolicLink(In("link"), In("pipe"));
        foreach (var (path, kind) in new[]
        {
            (In("pipe"), "a named pipe"), (In("link"), "a named pipe"), (In("socket"), "a socket"), (In("folder"), "a folder"),
            ("/dev/zero", "a character device"), ("/proc/meminfo", "a file of the system"), ("/proc/self/status", "a file of the system"),
        })
        {
            var ended = await Otask.Run(service, "job", "run", "--file", path);
            Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
            Assert.Contains($"is {kind}", ended.Errors, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(In("empty"), "");
        Assert.Equal(0, (await Otask.Run(service, "job", "run", "--file", In("empty"))).ExitCode);
    }

    private string In(string name) => scene.In(name);

    private async Task<string> Written(string text)
    {
        await File.WriteAllTextAsync(In("text"), text);
        return In("text");
    }

    /// <summary>Runs a job that does not succeed, and returns what is said about it.</summary>
    private static async Task<string> Refusal(Service service, params string[] source)
    {
        var ended = await Otask.Run(service, ["job", "run", "--json", .. source]);
        Assert.NotEqual(0, ended.ExitCode);
        if (ended.Output.Length == 0)
            return ended.Errors;
        // A job that ran has an id; a refusal of the request is an error in JSON.
        return JsonNode.Parse(ended.Output)!["id"] is { } id
            ? (await Otask.Run(service, "job", "failures", (string)id!)).Output
            : ended.Output;
    }

    private static async Task<string[]> Items(Service service, params string[] source)
    {
        var ended = await Otask.Run(service, ["job", "run", "--quiet", .. source, "--aggregate", "items=groupCount,maxGroups=100"]);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return
        [
            .. JsonNode.Parse(ended.Output, documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!["items"]!.AsArray().SelectMany(static group => Enumerable.Repeat(
                group!["key"] is JsonValue text && text.GetValueKind() == global::System.Text.Json.JsonValueKind.String ? (string)text! : group["key"]!.ToJsonString(),
                (int)group["count"]!)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>A service that reads files of a folder, of /dev and of /proc.</summary>
    public sealed class Scene : DataFolders, IAsyncLifetime
    {
        internal Task<Service> Service { get; private set; } = null!;

        internal new string In(string name) => base.In(name);

        public ValueTask InitializeAsync()
        {
            string[] roots = [Path.GetDirectoryName(Data)!, "/dev", "/proc"];
            Service = Running.Service.Start(
                Data, [.. roots.SelectMany(static root => (string[])["--file-root", root])]);
            return ValueTask.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            await (await Service).DisposeAsync();
            Dispose();
        }
    }
}
