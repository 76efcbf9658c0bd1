using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Cli;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Map;
using OrleansTasks.System.Tests.CommandLine;

namespace OrleansTasks.System.Tests.Map;

/// <summary>The parts of <c>otask map</c> that need no service.</summary>
public sealed class MapPartsTests
{
    private const int Seed = 20261127;

    [Fact]
    public async Task Quote_AnyBytes_ReachACommandAsTheyAre()
    {
        var random = new Random(Seed);
        var script = new StringBuilder();
        var expected = new List<byte>();
        for (var round = 0; round < 2000; round++)
        {
            var value = ValueOf(random);
            expected.AddRange(ByteText.BytesOf(value));
            expected.Add(0);
            script.Append("printf '%s\\0' ").Append(ShellQuoting.Quote(value)).Append('\n');
        }

        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        using var output = new MemoryStream();
        var read = shell.StandardOutput.BaseStream.CopyToAsync(output);
        // The command of a task is text: nothing but UTF-8 may be left.
        await shell.StandardInput.BaseStream.WriteAsync(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(script.ToString()));
        shell.StandardInput.Close();
        await read.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(Convert.ToHexString([.. expected]), Convert.ToHexString(output.ToArray()));
    }

    [Fact]
    public async Task Artifacts_ThatCannotBeWritten_AreAskedForOnce()
    {
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData("text"u8))}";
        await using var stub = await StubGateway.Start(
            ($"/api/v1/tasks/{CuttingGateway.Id}/artifacts",
                $$"""{"items":[{"path":"out","file":"{{name}}"}],"totalBytes":4,"nextCursor":null}"""),
            ($"/api/v1/files/{name}", "text"));
        using var gateway = new Gateway(new Uri(stub.Url), key: null);
        var folder = Directory.CreateTempSubdirectory("otask-");
        try
        {
            // A folder has the file's path.
            folder.CreateSubdirectory("out");
            var files = new ArtifactFiles(gateway, TextWriter.Null, isQuiet: true);
            var artifacts = new MapArtifacts(files, folder.FullName);
            var task = JsonNode.Parse("""
                {"state":"succeeded","reason":"exit","exitCode":0,"artifactCount":1,
                 "output":{"stdoutBytes":0,"stderrBytes":0,"tail":""}}
                """);

            var lost = await artifacts.Bring(
                new MapEnd(new MapLine(1, "true", []), CuttingGateway.Id, task), TestContext.Current.CancellationToken);

            Assert.Contains(
                $"'{Path.Combine(folder.FullName, "out")}' cannot be written: ", lost, StringComparison.Ordinal);
            Assert.Single(stub.Asked, static asked => asked.StartsWith("/api/v1/files/", StringComparison.Ordinal));
            Assert.Equal(["out"], folder.EnumerateFileSystemInfos().Select(static one => one.Name));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Cancel_WhileASubmissionIsInProgress_CancelsItsTasksToo()
    {
        MapBatches? batches = null;
        Task<string?> cancelled = Task.FromResult<string?>("not asked for");
        await using var stub = await StubGateway.StartWithOne(() =>
        {
            // The first call is the submission: the map is stopped before its answer comes.
            if (!cancelled.IsCompletedSuccessfully || cancelled.Result is not null)
                cancelled = batches!.Cancel(isOnlyQueued: false);
            return "{\"batch\":\"b1\",\"ids\":[\"t1\"]}"u8.ToArray();
        });
        using var gateway = new Gateway(new Uri(stub.Url), key: null);
        batches = new MapBatches(gateway, "m1", [], new InputSending(gateway, TextWriter.Null));

        Assert.True(await batches.Submit([new MapLine(1, "true", [])], TestContext.Current.CancellationToken));

        Assert.Null(await cancelled);
        Assert.Equal(["/api/v1/tasks/batch", "/api/v1/tasks/cancel?batch=b1"], stub.Asked);
    }

    [Fact]
    public void Parts_OfAnyPath_AreThoseOfTheDefinitionsInPerl()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 20_000; round++)
        {
            var path = new string([.. Enumerable.Range(0, random.Next(9)).Select(_ => "/./.ab\n"[random.Next(7)])]);

            // man parallel: s:\.[^/.]*$:: and s:.*/::
            var name = new Regex(".*/").Replace(path, "", 1);
            Assert.Equal(name, PathParts.NameOf(path));
            Assert.Equal(Regex.Replace(path, @"\.[^/.]*\z", ""), PathParts.WithoutExtension(path));
        }
    }

    [Theory]
    [InlineData("a/b", "a")]
    [InlineData("a//b", "a")]
    [InlineData("a/b/", "a")]
    [InlineData("a/b//", "a")]
    [InlineData("a/", ".")]
    [InlineData("a//", ".")]
    [InlineData("/a", "/")]
    [InlineData("/a/", "/")]
    [InlineData("//a", "/")]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    [InlineData("", ".")]
    [InlineData("a", ".")]
    [InlineData("./x", ".")]
    [InlineData("a/../c", "a/..")]
    public void Folder_OfAPath_IsPerlsDirname(string path, string folder) => Assert.Equal(folder, PathParts.FolderOf(path));

    [Fact]
    public void Records_InPiecesOfAnySize_AreTheSame()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(200)];
            for (var at = 0; at < bytes.Length; at++)
                bytes[at] = (byte)"\n\0ab\xff"[random.Next(5)];
            foreach (var isZero in (bool[])[false, true])
            {
                var text = ByteText.Of(bytes);
                var parts = text.Split(isZero ? '\0' : '\n');
                var expected = (parts[^1].Length == 0 ? parts[..^1] : parts)
                    .Select(part => isZero ? part : part.Replace("\0", @"\0", StringComparison.Ordinal));

                Assert.Equal(expected, ArgumentRecords.Read(new Pieces(bytes, random), isZero));
            }
        }
    }

    [Fact]
    public void Records_ALineWithoutEnd_IsRefusedBeforeItFillsTheMemory()
    {
        using var endless = new Pieces(new byte[8 << 20], new Random(Seed), 1 << 16);

        Assert.Throws<UsageException>(() => ArgumentRecords.Read(endless, areEndedByZero: false).ToList());
        Assert.InRange(endless.Position, ArgumentRecords.Longest, ArgumentRecords.Longest + (1 << 18));
    }

    [Fact]
    public void Fill_AValueWithPlaceholders_IsNotReadAgain()
    {
        var template = CommandTemplate.Read(["echo {1} {2} {}"], isQuoted: false);

        Assert.Equal("echo '{2}' '{}' '{2}' '{}'", template.Fill(["{2}", "{}"], 1));
    }

    [Theory]
    [InlineData("soon,fail=1", 7, 7)]
    [InlineData("now,fail=2", 7, 2)]
    [InlineData("soon,success=1", 7, 0)]
    [InlineData("now,done=2", 7, 1)]
    [InlineData(null, 7, 3)]
    public void Tally_TheEndsOfARun_HasTheExitCodeOfGnuParallel(string? rule, int code, int expected)
    {
        var tally = new MapTally(HaltRule.Read(rule));
        foreach (var exitCode in (int[])[code, 0, code, code])
        {
            if (!tally.IsHalted)
                tally.Add(exitCode);
        }

        Assert.Equal(expected, tally.ExitCode);
        Assert.Equal(rule is not null, tally.IsHalted);
    }

    [Fact]
    public void Tally_MoreThanAHundredFailures_Is101()
    {
        var tally = new MapTally(null);
        for (var failures = 1; failures <= 300; failures++)
        {
            tally.Add(1);
            Assert.Equal(Math.Min(failures, 101), tally.ExitCode);
        }
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("fail=1")]
    [InlineData("soon,fail")]
    [InlineData("soon=fail,1")]
    [InlineData("later,fail=1")]
    [InlineData("soon,fail=0")]
    [InlineData("soon,fail=10%")]
    public void Halt_AnotherRule_IsAUsageError(string rule) => Assert.Throws<UsageException>(() => HaltRule.Read(rule));

    [Theory]
    [InlineData(0, 0, null, "0 done, 0:00:10")]
    [InlineData(3, 1, null, "3 done, 1 failed, 0:00:10")]
    [InlineData(5, 0, 10L, "[###############...............] 50% 5/10, 0:00:10 left")]
    [InlineData(10, 2, 10L, "[##############################] 100% 10/10, 2 failed, 0:00:00 left")]
    public void Bar_ATally_SaysHowFarTheMapIs(int done, int failed, long? total, string line) =>
        Assert.Equal(line, MapBar.LineOf(done, failed, total, TimeSpan.FromSeconds(10)));

    private static string ValueOf(Random random)
    {
        const string odd = "'\"\\$`!*?[]{}()<>|&;#~ \t\n-=%\x80\xc3\xa9\xff\xe2\x82\xac";
        return new string([.. Enumerable.Range(0, random.Next(12)).Select(
            _ => random.Next(3) == 0 ? (char)random.Next(1, 256) : odd[random.Next(odd.Length)])]);
    }

    /// <summary>Bytes that arrive in pieces.</summary>
    private sealed class Pieces(byte[] bytes, Random random, int largest = 8) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, random.Next(1, largest))]);
    }
}
