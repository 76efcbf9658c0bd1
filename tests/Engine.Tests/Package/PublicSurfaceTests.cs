using OrleansTasks.Simulation;

namespace OrleansTasks.Engine.Tests;

/// <summary>What the package shows, and what it is made of.</summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void PublicTypes_AreThoseForTests() => Assert.Equal(
        [
            nameof(SeedFailedException), nameof(Seeds), nameof(SimulatedCluster), nameof(SimulatedNetwork), nameof(SimulatedSilo),
            nameof(SimulatedStorage), nameof(SimulationException), nameof(SimulationOptions), nameof(SimulationResult),
        ],
        typeof(Seeds).Assembly.GetExportedTypes()
            .Where(static type => type.Namespace == typeof(Seeds).Namespace).Select(static type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Assembly_RefersToNoneOfTheProduct() => Assert.DoesNotContain(
        typeof(Seeds).Assembly.GetReferencedAssemblies(),
        static name => !(name.Name!.StartsWith("System", StringComparison.Ordinal)
            || name.Name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
            || name.Name.StartsWith("Orleans.", StringComparison.Ordinal) || name.Name == "netstandard"));
}
