namespace OrleansTasks.Grains.Tests.Contracts;

/// <summary>The contract as it is checked in: whoever changes it sees what he changes.</summary>
public sealed class WireContractTests
{
    private const string Name = "WireContracts.txt";

    [Fact]
    public void Contract_IsTheOneThatIsCheckedIn()
    {
        using var file = typeof(WireContractTests).Assembly.GetManifestResourceStream(Name)!;
        var lines = new StreamReader(file).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var head = lines.TakeWhile(static line => line.StartsWith('#')).ToArray();
        var written = lines[head.Length..];
        var actual = Contract.Lines().ToArray();
        if (written.SequenceEqual(actual))
            return;
        var place = Path.Combine(AppContext.BaseDirectory, Name);
        File.WriteAllText(place, string.Join('\n', head.Concat(actual)) + "\n");
        Assert.Fail($"""
            Messages or grain interfaces are not what Grains.Interfaces/{Name} says. Silos and gateways of another version may be
            running: add members with new numbers at the end, and never remove, renumber or retype one. If the change is meant:
            cp {place} Grains.Interfaces/{Name}
            gone: {string.Join("; ", written.Except(actual).Take(20))}
            new:  {string.Join("; ", actual.Except(written).Take(20))}
            """);
    }
}
