using System.Text;

namespace OrleansTasks.Storage.Tests.Encodings;

/// <summary>Text from outside becomes text that both stores take.</summary>
public sealed class StorableTextTests
{
    // Not InlineData: attributes keep no half of a surrogate pair.
    [Fact]
    public void Of_KeepsAllButNulAndHalvesOfPairs()
    {
        (string Text, string Expected)[] all =
        [
            ("", ""),
            ("plain ü 日本 🙂 \u0001\u001f\u007f\ufeff\uffff", "plain ü 日本 🙂 \u0001\u001f\u007f\ufeff\uffff"),
            ("a\0b\0", "a\ufffdb\ufffd"),
            ("\ud83d", "\ufffd"),
            ("\ude42\ud83d", "\ufffd\ufffd"),
            ("🙂\ud83d🙂\ude42\0", "🙂\ufffd🙂\ufffd\ufffd"),
            ("\0🙂\ud83d", "\ufffd🙂\ufffd"),
        ];
        foreach (var (text, expected) in all)
        {
            Assert.Equal(expected, StorableText.Of(text));
            Assert.Equal(expected, StorableText.Of(expected));
        }
    }

    [Fact]
    public void Of_StorableText_IsTheSameInstance()
    {
        var text = new string([.. "it is ", 'ü', '\ud83d', '\ude42']);
        Assert.Same(text, StorableText.Of(text));
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc")]
    [InlineData("ab🙂", 3, "ab")]
    [InlineData("ab🙂", 4, "ab🙂")]
    [InlineData("🙂", 0, "")]
    [InlineData("\0\0\0", 2, "\ufffd\ufffd")]
    public void Of_WithABound_CutsWholeCharacters(string text, int most, string expected) =>
        Assert.Equal(expected, StorableText.Of(text, most));

    [Fact]
    public void Of_RandomUnits_SurvivesStrictUtf8()
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var random = new Random(5);
        char[] units = ['\0', 'a', 'ü', '\ud83d', '\ude42', '\ufffd', '\ufffe', '\udbff', '\udc00'];
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => units[random.Next(units.Length)])]);
            var kept = StorableText.Of(text);
            Assert.Equal(text.Length, kept.Length);
            Assert.DoesNotContain('\0', kept);
            Assert.Equal(kept, strict.GetString(strict.GetBytes(kept)));
            Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\ufffd'), kept);
        }
    }
}
