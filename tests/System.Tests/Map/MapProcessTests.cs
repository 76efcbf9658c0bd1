using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Map;

/// <summary><c>otask map</c> as a process, in pipes and with signals, on a real service.</summary>
public sealed class MapProcessTests(SharedServices services) : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("printf 'a\\nb\\nc' | $OTASK map -k echo", "a\nb\nc\n", 0)]
    [InlineData("printf 'a b\\0c\\nd\\0' | $OTASK map -k -0 echo", "a b\nc\nd\n", 0)]
    [InlineData("$OTASK map -k echo -n '{}.' ::: -a $'caf\\xe9' -- | od -An -c | tr -d ' \\n'", "-a.caf351.--.", 0)]
    [InlineData("$OTASK map -k --tag 'printf \"x\\ny\\n\"' ::: 1 2", "1\tx\n1\ty\n2\tx\n2\ty\n", 0)]
    [InlineData("$OTASK map -k 'echo {}; echo {} >&2; exit {}' ::: 0 3 2>&1 >/dev/null", "0\n3\n", 1)]
    [InlineData("seq 130 | $OTASK map 'exit {#}'", "", 101)]
    [InlineData("seq 5 | $OTASK map -j1 --halt soon,fail=1 'echo {}; exit $(( {} == 3 ? 9 : 0 ))' 2>/dev/null", "1\n2\n3\n", 9)]
    [InlineData("seq 5 | $OTASK map -j1 --halt now,success=1 'echo {}; exit $(( {} == 3 ? 0 : 9 ))' 2>/dev/null", "1\n2\n3\n", 0)]
    [InlineData("$OTASK map -k 'head -c 3000000 /dev/zero | tr \"\\0\" {}' ::: a b | tr -s ab", "ab", 0)]
    [InlineData("$OTASK map echo < /dev/null", "", 0)]
    [InlineData("head -c 131072 /dev/zero | tr '\\0' a | $OTASK map echo 2>&1", "otask: Command 1 has 131077 bytes; a command may have up to 131071.\nTry: otask map --help\n", 2)]
    [InlineData("$OTASK map echo ::: $(seq 300) | sort -n | head -3", "1\n2\n3\n", 0)]
    public async Task Map_InAPipe_PrintsAndEndsAsGnuParallel(string line, string output, int code)
    {
        var ended = await Shell(await services.Running, line);

        Assert.Equal((output, code), (ended.Output, ended.ExitCode));
    }

    [Fact]
    public async Task Map_WithFiles_SendsEachTaskItsOwn_AndBringsWhatItLeft()
    {
        Directory.CreateDirectory(In("in/deep"));
        string[] names = ["a.txt", "deep/b c.txt", "[x].txt"];
        foreach (var name in names)
            await File.WriteAllTextAsync(In($"in/{name}"), name);
        await File.WriteAllTextAsync(In("in/suffix"), "!");

        var ended = await Shell(
            await services.Running,
            $$"""
            cd '{{In("in")}}'; find . -name '*.txt' -printf '%P\n' |
            $OTASK map -k -i {} -i suffix --artifact '{.}.out' 'cat {} suffix > {.}.out; echo {/}' | sort
            """);

        Assert.Equal(("[x].txt\na.txt\nb c.txt\n", 0), (ended.Output, ended.ExitCode));
        foreach (var name in names)
            Assert.Equal(name + "!", await File.ReadAllTextAsync(In($"in/{name[..^3]}out")));
    }

    [Fact]
    public async Task Map_WithAnInputThatIsNotThere_SaysSo()
    {
        var ended = await Shell(await services.Running, "$OTASK map -i '{}' true ::: nothing 2>&1");

        Assert.Equal(
            ("otask: --input: nothing does not exist.\nTry: otask map --help\n", 2), (ended.Output, ended.ExitCode));
    }

    [Fact]
    public async Task Map_WithATaskThatFails_BringsTheFilesOfTheOthers()
    {
        Directory.CreateDirectory(In("work"));

        var ended = await Shell(
            await services.Running,
            $"cd '{In("work")}'; $OTASK map --artifact '{{}}' 'touch {{}}; test {{}} = b' ::: a b; echo $?; ls");

        Assert.Equal("1\nb\n", ended.Output);
    }

    [Fact]
    public async Task Map_WithFilesThatCannotBeWritten_FailsTheirTask_InItsLogAndForItsHalt()
    {
        Directory.CreateDirectory(In("work/a"));

        // A folder has the path of the file a.
        var ended = await Shell(
            await services.Running,
            $"cd '{In("work")}'; $OTASK map --joblog log --halt soon,fail=1 --artifact '{{}}' 'touch {{}}' ::: a; "
                + "echo $?; tail -n 1 log | cut -f 7");

        Assert.Equal("1\n1\n", ended.Output);
        Assert.Contains("otask: this task failed: touch a\n", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Map_ALineArrives_RunsItBeforeTheNextOneComes()
    {
        using var map = Begin(await services.Running, "map", "echo");

        for (var line = 1; line <= 3; line++)
        {
            await map.StandardInput.WriteLineAsync($"{line}");
            await map.StandardInput.FlushAsync();
            Assert.Equal($"{line}", await map.StandardOutput.ReadLineAsync().WaitAsync(Limit));
        }

        map.StandardInput.Close();
        await map.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, map.ExitCode);
    }

    [Fact]
    public async Task Map_Interrupted_CancelsItsTasks()
    {
        var service = await services.Running;
        var name = $"interrupted-{Guid.NewGuid():N}";
        using var map = Begin(service, "map", "--name", name, "-j", "2", "echo started; sleep 600", ":::", "1", "2", "3");
        await Until.Holds("two tasks run", Limit, async () => await Count(service, name, "running") == 2);

        // As on Ctrl-C. A program that a script starts in the background ignores SIGINT.
        Signals.Send(map.Id, Signals.Terminate);

        await map.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(130, map.ExitCode);
        Assert.Equal(3, await Count(service, name, "cancelled"));
    }

    [Fact]
    public async Task Map_NobodyReadsItsOutput_CancelsItsTasks()
    {
        var service = await services.Running;
        var name = $"unread-{Guid.NewGuid():N}";
        using var map = Begin(service, "map", "--name", name, "echo {}; sleep {}", ":::", "0", "600");
        Assert.Equal("0", await map.StandardOutput.ReadLineAsync().WaitAsync(Limit));

        map.StandardOutput.Close();

        await map.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(141, map.ExitCode);
        Assert.Equal((1, 1), (await Count(service, name, "succeeded"), await Count(service, name, "cancelled")));
    }

    [Fact]
    public async Task Map_Resumed_RunsWhatTheLogDoesNotHave()
    {
        var service = await services.Running;
        Directory.CreateDirectory(Data);
        var log = In("map.log");
        string[] command = ["map", "--joblog", log, "-k"];
        string[] words = ["echo {}; exit {}", ":::", "0", "1", "2"];

        Assert.Equal(2, (await Otask.Run(service, [.. command, .. words])).ExitCode);
        Assert.Equal(["0", "1", "2"], FieldsOf(log, 6));
        Assert.Equal(new Finished(1, "3\n", ""), await Otask.Run(service, [.. command, "--resume", .. words, "3"]));
        Assert.Equal(new Finished(3, "1\n2\n3\n", ""), await Otask.Run(service, [.. command, "--resume-failed", .. words, "3"]));
        Assert.Equal(7, FieldsOf(log, 6).Count());
        var other = await Otask.Run(service, [.. command, "--resume", "echo other {}", ":::", "0"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("is of another map: its task 1 is 'echo 0; exit 0', and here it is 'echo other 0'", other.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not a job log, and no line feed")]
    [InlineData("a note\nand another one")]
    public async Task Map_ResumedWithAnotherFile_LeavesItAsItIs(string text)
    {
        Directory.CreateDirectory(Data);
        var notes = In("notes.txt");
        await File.WriteAllTextAsync(notes, text);

        var refused = await Otask.Run(await services.Running, "map", "--joblog", notes, "--resume", "echo", ":::", "a");

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("is not in GNU parallel's format", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(notes));
    }

    [Fact]
    public async Task Map_ResumedWithALogOfHalfALine_WritesItsHeader()
    {
        Directory.CreateDirectory(Data);
        var log = In("half.log");
        await File.WriteAllTextAsync(log, "Seq\tHost");

        string[] line = ["map", "--joblog", log, "--resume", "echo", ":::", "a"];

        Assert.Equal(new Finished(0, "a\n", ""), await Otask.Run(await services.Running, line));
        Assert.Equal(new Finished(0, "", ""), await Otask.Run(await services.Running, line));
    }

    [Fact]
    public async Task Map_TheServiceStopsMeanwhile_LosesAndRepeatsNothing()
    {
        var service = await Service.Start(Data, "--slots", "4");
        var url = service.Url;
        using var map = Begin(service, "map", "-k", "echo {}; sleep 0.2", ":::", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
        Assert.Equal("1", await map.StandardOutput.ReadLineAsync().WaitAsync(Limit));

        await service.DisposeAsync();
        await using var next = await Service.Start(Data, "--slots", "4", "--http", $"127.0.0.1:{url.Port}");

        Assert.Equal("2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", await map.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
        await map.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, map.ExitCode);
    }

    private static IEnumerable<string> FieldsOf(string log, int field) =>
        File.ReadAllLines(log).Skip(1).Select(line => line.Split('\t')).OrderBy(static fields => fields[0], StringComparer.Ordinal)
            .Select(fields => fields[field]);

    private static Task<Finished> Shell(Service service, string line) =>
        Finished.Run("bash", ["-c", $"set -o pipefail; {line}"], [("OTASK", BuiltPrograms.LoneOtask), ("OTASK_URL", service.Url.ToString())]);

    private static Process Begin(Service service, params string[] arguments) => Process.Start(
        new ProcessStartInfo(BuiltPrograms.LoneOtask, ["--url", service.Url.ToString(), .. arguments])
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<int> Count(Service service, string name, string state) =>
        JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks?name={name}&state={state}"))!["items"]!.AsArray().Count;
}
