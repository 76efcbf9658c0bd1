using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Tests.Triggers;

/// <summary>What reading a trigger and matching its patterns may cost.</summary>
public sealed class TriggerSpecReaderTests
{
    [Fact]
    public void ReadStoredSignature_OfATriggerWithAPattern_DoesNotReadThePattern()
    {
        var spec = TriggerSpecReader.ReadStoredSignature(
            """{"definition":"d","signature":{"kind":"token","header":"X-A"},"filter":[{"pointer":"/a","matches":"("}]}"""u8.ToArray());

        Assert.Equal((SignatureKind.Token, "X-A"), (spec.Signature, spec.TokenHeader));
        Assert.Empty(spec.Conditions);
    }

    [Fact]
    public void IsMet_MatchingTakesTooLong_IsFalse()
    {
        var pattern = new Regex(@"(\w+\s?){1,40}!", RegexOptions.NonBacktracking, TimeSpan.FromMilliseconds(1));
        var condition = new TriggerCondition(new TriggerValue(null, "X-A", null), null, pattern);

        Assert.False(condition.IsMet(JsonSerializer.SerializeToElement(new string('a', 4_000_000) + "!")));
    }
}
