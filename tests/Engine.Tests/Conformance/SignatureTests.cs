using System.Reflection;

namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Keeps Embedded's Orleans API to Orleans' own: both engines are compared with one table of signatures, Embedded that
/// it offers nothing else, Orleans that it offers all of it.
/// </summary>
public sealed class SignatureTests
{
    [Fact]
    public void Engine_AgreesWithTheTable()
    {
        var table = Read().ToHashSet(StringComparer.Ordinal);
        var offered = SignatureSources.Types.SelectMany(Signatures.Of).ToHashSet(StringComparer.Ordinal);
        var wrong = SignatureSources.MayOfferMore ? table.Except(offered) : offered.Except(table);
        Assert.Empty(wrong.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("OrleansSignatures.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }
}
