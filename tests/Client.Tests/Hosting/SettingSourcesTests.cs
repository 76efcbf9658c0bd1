using OrleansTasks.AllInOne;
using OrleansTasks.Logs;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Worker.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>Options from the command line, the environment and a file: which one wins, and what is said of mistakes.</summary>
public sealed class SettingSourcesTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Fact]
    public void CommandLine_BeatsTheEnvironment_WhichBeatsTheFile()
    {
        Write("""{"slots": 1, "drain": "1s", "retention": "1d", "log-format": "json", "file-root": ["/usr", "/tmp"], "require-keys": true}""");

        var options = Parse(["--slots", "3"], ("OTASK_SLOTS", "2"), ("OTASK_DRAIN", "2s"), ("OTASK_CONFIG", file));

        Assert.Equal((3, TimeSpan.FromSeconds(2), TimeSpan.FromDays(1)), (options.Slots, options.Drain, options.Retention));
        Assert.Equal((LogFormat.Json, true), (options.LogFormat, options.RequiresKeys));
        Assert.Equal(["/usr", "/tmp"], options.FileRoots);
    }

    [Fact]
    public void Flag_FalseInTheEnvironment_IsOff()
    {
        Write("""{"require-keys": true}""");
        Assert.False(Parse([], ("OTASK_REQUIRE_KEYS", "false"), ("OTASK_CONFIG", file)).RequiresKeys);
    }

    [Fact]
    public void Variable_OfAnOptionThatRepeats_IsAListWithCommas() =>
        Assert.Equal(["/usr", "/tmp"], Parse([], ("OTASK_FILE_ROOT", "/usr,/tmp")).FileRoots);

    [Fact]
    public void Worker_TakesVariablesAndAFile()
    {
        Write("""{"label": ["disk=large"], "slots": 7, /* of this machine */ }""");
        var options = new WorkerCommand().Parse(
            ["--config", file], Variables(("OTASK_NAME", "w1"), ("OTASK_DRAIN", "10m")), TextWriter.Null)!;
        Assert.Equal(("w1", 7, "large"), (options.Name, options.Slots, options.Labels["disk"]));
        Assert.Equal(TimeSpan.FromMinutes(10), options.Drain);
    }

    [Fact]
    public void Mistakes_AreAllTold_WithWhereTheyAre()
    {
        Write("""{"lease": "1s", "lees": "1s", "slots": true, "file-root": "/usr"}""");

        var refused = Assert.Throws<StartRefusedException>(() => Parse(["--drain", "x"], ("OTASK_RETENTION", "y"), ("OTASK_REQUIRE_KEYS", "yes"), ("OTASK_CONFIG", file)));

        Assert.Equal(StartRefusedException.BadOption, refused.ExitCode);
        string[] told = refused.Message.Split('\n');
        Assert.Equal(7, told.Length);
        foreach (var begin in (string[])[
            "Invalid value 'x' for --drain: expected ", "Invalid value 'yes' for OTASK_REQUIRE_KEYS: expected true or false.", "OTASK_RETENTION: Invalid value 'y' for --retention: ",
            $"{file}: Invalid value '1s' for --lease: ", $"{file}: 'file-root' must be a list of strings.", $"{file}: 'slots' must be a string or a number.",
            $"{file}: unknown option 'lees'."])
            Assert.Single(told, line => line.StartsWith(begin, StringComparison.Ordinal));
    }

    [Fact]
    public void File_WithAFieldTwice_IsRefused()
    {
        Write("""{"drain": "1s", "drain": "2s"}""");
        var refused = Assert.Throws<StartRefusedException>(() => Parse(["--config", file]));
        Assert.Equal($"{file}: 'drain' occurs more than once.", refused.Message);
    }

    [Fact]
    public void File_WithoutEnd_IsRefused()
    {
        var refused = Assert.Throws<StartRefusedException>(() => Parse(["--config", "/dev/zero"]));
        Assert.StartsWith("--config cannot be read: /dev/zero: ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    public void File_ThatIsNoObject_IsRefused(string text)
    {
        Write(text);
        var refused = Assert.Throws<StartRefusedException>(() => Parse(["--config", file]));
        Assert.StartsWith($"--config cannot be read: {file}: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrintConfig_ShowsValuesAndOrigins_ButNoSecret()
    {
        Write("""{"retention": "1d"}""");
        var output = new StringWriter();

        Assert.Null(new SiloCommand().Parse(
            ["--print-config", "--config", file, "--slots", "0"], Variables(("OTASK_DB", "Host=h;Database=d;Password=hidden")), output));

        var lines = output.ToString().Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        foreach (var line in (string[])[$"--retention 1d {file}", "--slots 0 command line", "--db (not shown) OTASK_DB", "--drain 10s default"])
            Assert.Contains(line, lines);
        Assert.DoesNotContain("hidden", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lease 30s default", "--slots 0 default", "--db", "Host=h;Database=d")]
    [InlineData("--lease 1m command line", "--slots 3 command line", "--db", "Host=h;Database=d", "--lease", "1m", "--slots", "3")]
    [InlineData("--lease 10s default", "--retention 7d default")]
    public void PrintConfig_Silo_ShowsTheDefaultsThatItWouldUse(string first, string second, params string[] args)
    {
        var output = new StringWriter();

        Assert.Null(new SiloCommand().Parse(["--print-config", .. args], Variables(), output));

        var lines = output.ToString().Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToArray();
        Assert.Contains(first, lines);
        Assert.Contains(second, lines);
    }

    [Fact]
    public void WorkerLabel_SameKeyTwice_IsRefused()
    {
        var refused = Assert.Throws<StartRefusedException>(() => new WorkerCommand().Parse(
            ["--label", "zone=a", "--label", "zone=b"], Variables(), TextWriter.Null));

        Assert.Equal("--label names the key 'zone' more than once. Give each key one value.", refused.Message);
    }

    private static Func<string, string?> Variables(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;

    private static SiloHostOptions Parse(string[] args, params (string Name, string Value)[] variables) =>
        new AllInOneCommand().Parse(args, Variables(variables), TextWriter.Null)!.Value.Silo;

    private void Write(string text) => File.WriteAllText(file, text);
}
