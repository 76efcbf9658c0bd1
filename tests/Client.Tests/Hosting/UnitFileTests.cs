using OrleansTasks.AllInOne;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Worker.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>The unit files for systemd start the programs with options that they take.</summary>
public sealed class UnitFileTests
{
    private static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal)
    {
        ["${ADDRESS}"] = "10.0.0.1",
        ["${DB}"] = "Host=db1;Database=otask;Username=otask",
        ["$MASTERS"] = "--master 10.0.0.1:50051 --master 10.0.0.2:50051",
    };

    [Theory]
    [InlineData("otask.service", "AllInOne")]
    [InlineData("otask-silo.service", "Silo")]
    [InlineData("otask-gateway.service", "Client")]
    public void Service_TakesTheOptionsOfItsUnit(string unit, string program)
    {
        var arguments = ArgumentsOf(unit, $"service/OrleansTasks.{program}");
        object? options = program switch
        {
            "AllInOne" => new AllInOneCommand().Parse(arguments, static _ => null, TextWriter.Null),
            "Silo" => new SiloCommand().Parse(arguments, static _ => null, TextWriter.Null),
            _ => new GatewayCommand().Parse(arguments, static _ => null, TextWriter.Null),
        };
        Assert.NotNull(options);
    }

    [Fact]
    public void Worker_TakesTheOptionsOfItsUnit() => Assert.Equal(
        ["10.0.0.1", "10.0.0.2"],
        new WorkerCommand().Parse(ArgumentsOf("otask-worker.service", "worker/OrleansTasks.Worker"), static _ => null, TextWriter.Null)!
            .Masters.Select(static master => master.Host));

    [Theory]
    [InlineData("otask.service")]
    [InlineData("otask-silo.service")]
    [InlineData("otask-gateway.service")]
    [InlineData("otask-worker.service")]
    public void Unit_HearsWhenItsProgramIsReady(string unit)
    {
        var lines = File.ReadAllLines(Path.Combine(Root(), "deploy", "systemd", unit));
        Assert.Contains("Type=notify", lines);
        // systemd's own setting believes the main process alone: tasks must not speak for the service.
        Assert.DoesNotContain(lines, static line => line.StartsWith("NotifyAccess=", StringComparison.Ordinal));
    }

    // The user for tasks is made when a unit is installed.
    private static string[] ArgumentsOf(string unit, string program)
    {
        var path = Path.Combine(Root(), "deploy", "systemd", unit);
        const string Start = "ExecStart=/opt/orleanstasks/";
        var line = File.ReadLines(path).Single(static line => line.StartsWith(Start, StringComparison.Ordinal));
        var start = line[Start.Length..].Replace(" --run-as otask-tasks", "", StringComparison.Ordinal);
        Assert.StartsWith(program + " ", start, StringComparison.Ordinal);
        foreach (var (name, value) in Environment)
            start = start.Replace(name, value, StringComparison.Ordinal);
        return start.Split(' ')[1..];
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OrleansTasks.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
