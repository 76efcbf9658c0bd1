using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Tasks.Spec;
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
    public void ReadStored_OfATriggerWithAPatternThatIsNoLongerAllowed_ReadsTheRest()
    {
        var body = """
            {"definition":"d","signature":{"kind":"github"},
             "filter":[{"pointer":"/a","equals":"x"},{"pointer":"/b","matches":"((a|b){1,15}c?){1,15}"},{"pointer":"/c","matches":"("}]}
            """u8.ToArray();
        var errors = new SpecErrors();
        Assert.Null(TriggerSpecReader.Read(body, errors));
        Assert.Equal(["filter[1].matches", "filter[2].matches"], errors.Items.Select(static one => one.Path));

        var spec = TriggerSpecReader.ReadStored(body);

        Assert.Equal(["filter[1].matches", "filter[2].matches"], spec.PatternFaults.Select(static one => one.Path));
        Assert.Equal([true, false, false], spec.Conditions.Select(static one => one.IsReadable));
        Assert.Equal([true, false, false], spec.Conditions.Select(static one => one.IsMet(JsonSerializer.SerializeToElement("x"))));
        Assert.Equal(body, spec.Body.ToArray());
    }

    [Fact]
    public void ReadStored_OfATriggerOfAnotherVersion_Throws() => Assert.Throws<FormatException>(static () => TriggerSpecReader.ReadStored(
        """{"definition":"d","signature":{"kind":"github"},"later":1}"""u8.ToArray()));

    [Fact]
    public void IsMet_MatchingTakesTooLong_IsFalse()
    {
        var pattern = new Regex(@"(\w+\s?){1,40}!", RegexOptions.NonBacktracking, TimeSpan.FromMilliseconds(1));
        var condition = new TriggerCondition(new TriggerValue(null, "X-A", null), null, pattern);

        Assert.False(condition.IsMet(JsonSerializer.SerializeToElement(new string('a', 4_000_000) + "!")));
    }
}
