using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Tests;

/// <summary>
/// Plans that are written down (<c>Scenarios/*.txt</c>): what seeds have found, each as small as it became, and what whole silos
/// can suffer. They keep their meaning when seeds are drawn in another way.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Scenarios");

    public static TheoryData<string> Names =>
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_OfAScenario_Holds(string name)
    {
        var outcome = Run.Of(Script.Read(File.ReadAllText(Path.Combine(Folder, name + ".txt"))));
        Assert.True(outcome.Failure is null, $"make simulate ARGS=\"--script tests/Simulation.Tests/Scenarios/{name}.txt\": {outcome.Failure}");
    }

    [Fact]
    public void Script_OfAnyPlan_IsReadAsThatPlan()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var plan = Plan.Of(seed);
            var read = Script.Read(Script.Write(plan));
            Assert.Equal(plan with { Faults = [] }, read with { Faults = [] });
            Assert.Equal(plan.Faults.Select(static f => (f.Number, f.Kind, f.At, f.Length, f.Target)).Order(),
                read.Faults.Select(static f => (f.Number, f.Kind, f.At, f.Length, f.Target)).Order());
        }
    }
}
