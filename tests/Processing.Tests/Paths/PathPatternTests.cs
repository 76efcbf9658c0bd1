using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Processing.Tests.Paths;

/// <summary>What patterns match, in examples and against the plainest matcher that there is.</summary>
public sealed class PathPatternTests
{
    [Theory]
    [InlineData("a/b.txt")]
    [InlineData("*?[x]{a,b}\\c/**/]}")]
    [InlineData("😀 é/\\")]
    public void Escape_OfAPath_MatchesThatPathAlone(string path)
    {
        var pattern = PathPattern.Parse(PathPattern.Escape(path), out var fault);

        Assert.Null(fault);
        Assert.Equal(path, pattern!.LiteralPath);
        Assert.True(pattern.Matches(path));
    }

    [Theory]
    [InlineData("a/*")]
    [InlineData("{a,b}")]
    [InlineData("**")]
    public void LiteralPath_OfAPatternThatMayMatchOthers_IsNull(string text) => Assert.Null(PathPattern.Parse(text, out _)!.LiteralPath);

    [Theory]
    [InlineData("a.txt", "a.txt", true)]
    [InlineData("a.txt", "b/a.txt", false)]
    [InlineData("*.txt", "a.txt", true)]
    [InlineData("*.txt", ".txt", true)]
    [InlineData("*.txt", "b/a.txt", false)]
    [InlineData("*", ".hidden", true)]
    [InlineData("out/**", "out/a", true)]
    [InlineData("out/**", "out/a/b/c", true)]
    [InlineData("out/**", "out", false)]
    [InlineData("out/", "out/a/b", true)]
    [InlineData("out/", "outer/a", false)]
    [InlineData("**", "a", true)]
    [InlineData("**", "a/b", true)]
    [InlineData("**/*.png", "x.png", true)]
    [InlineData("**/*.png", "a/b/x.png", true)]
    [InlineData("a/**/z", "a/z", true)]
    [InlineData("a/**/z", "a/b/c/z", true)]
    [InlineData("a/**/z", "a/b/c", false)]
    [InlineData("a/**/b/**/c", "a/b/b/x/c", true)]
    [InlineData("a**b", "axxb", true)]
    [InlineData("a**b", "a/b", false)]
    [InlineData("?", "é", true)]
    [InlineData("?", "😀", true)]
    [InlineData("?", "ab", false)]
    [InlineData("?", "", false)]
    [InlineData("[abc]x", "bx", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData("[^a-c]x", "ax", false)]
    [InlineData("[]]", "]", true)]
    [InlineData("[!]]", "a", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[{,}]", ",", true)]
    [InlineData("[😀-😂]", "😁", true)]
    [InlineData("{a,b}.txt", "b.txt", true)]
    [InlineData("{a,b/c}/d", "b/c/d", true)]
    [InlineData("{a,{b,c}}x", "cx", true)]
    [InlineData("{,a}b", "b", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("\\{a\\}", "{a}", true)]
    [InlineData("a,b", "a,b", true)]
    [InlineData("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("A", "a", false)]
    public void Matches_Example(string pattern, string path, bool matches) => Assert.Equal(matches, Read(pattern).Matches(path));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("/a", "is absolute")]
    [InlineData("../a", "has a segment ..")]
    [InlineData("a/./b", "has a segment .")]
    [InlineData("{a,..}/b", "has a segment ..")]
    [InlineData("a//b", "has an empty segment")]
    [InlineData("a/{,b}/c", "has an empty segment")]
    [InlineData("[a", "has a [ without its ]")]
    [InlineData("[a/b]", "has a [ without its ]")]
    [InlineData("[z-a]", "has the range z-a")]
    [InlineData("{a", "has a { without its }")]
    [InlineData("a}", "has a } without its {")]
    [InlineData("a\\", "has a \\ with nothing behind it")]
    [InlineData("a\0", "contains NUL")]
    [InlineData("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "stands for more than 64 patterns")]
    [InlineData("{{{{{{{{{a}}}}}}}}}", "has braces more than 8 deep")]
    public void Parse_BadPattern_SaysWhatIsWrong(string pattern, string fault)
    {
        Assert.Null(PathPattern.Parse(pattern, out var said));
        Assert.StartsWith(fault, said, StringComparison.Ordinal);
    }

    // An attribute cannot hold it.
    [Fact]
    public void Parse_HalfOfASurrogatePair_SaysSo()
    {
        Assert.Null(PathPattern.Parse("a\ud800", out var said));
        Assert.Equal("is not valid Unicode", said);
    }

    [Theory]
    [InlineData("out/*/x", "", true)]
    [InlineData("out/*/x", "out", true)]
    [InlineData("out/*/x", "out/a", true)]
    [InlineData("out/*/x", "out/a/x", false)]
    [InlineData("out/*/x", "in", false)]
    [InlineData("out/**", "out/a/b", true)]
    [InlineData("**/x", "a", true)]
    [InlineData("{a,b/c}/d", "b", true)]
    [InlineData("a.txt", "a.txt", false)]
    public void MayMatchBelow_Example(string pattern, string folder, bool may) => Assert.Equal(may, Read(pattern).MayMatchBelow(folder));

    [Fact]
    public void Matches_EveryShortPatternAndPath_AsThePlainMatcherDoes()
    {
        var parts = Gen.Elements("a", "b", "*", "?", "**", "/", "[ab]", "[!a]");
        var texts = Gen.Choose(1, 8).SelectMany(count => parts.ArrayOf(count)).Select(string.Concat).Where(text =>
            PathPattern.Parse(text, out _) is not null);
        var paths = Gen.Choose(1, 4).SelectMany(count => Gen.Elements("a", "b", "ab", "ba", "aab").ArrayOf(count))
            .Select(static segments => string.Join('/', segments));
        Prop.ForAll(texts.SelectMany(text => paths.Select(path => (text, path))).ToArbitrary(), static both =>
            Read(both.text).Matches(both.path) == Plainly(both.text.EndsWith('/') ? both.text + "**" : both.text, both.path))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void MayMatchBelow_AnyFolderOfAMatch_IsTrue()
    {
        var parts = Gen.Elements("a", "b", "*", "**", "/", "{a,b/a}");
        var texts = Gen.Choose(1, 7).SelectMany(count => parts.ArrayOf(count)).Select(string.Concat).Where(text =>
            PathPattern.Parse(text, out _) is not null);
        var paths = Gen.Choose(1, 4).SelectMany(count => Gen.Elements("a", "b").ArrayOf(count));
        Prop.ForAll(texts.SelectMany(text => paths.Select(path => (text, path))).ToArbitrary(), static both =>
        {
            var pattern = Read(both.text);
            return !pattern.Matches(string.Join('/', both.path)) || Enumerable.Range(0, both.path.Length)
                .All(count => pattern.MayMatchBelow(string.Join('/', both.path[..count])));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    // Tries everything, without braces and escapes.
    private static bool Plainly(string pattern, string path)
    {
        return Segments(pattern.Split('/'), path.Split('/'));

        static bool Segments(ReadOnlySpan<string> left, ReadOnlySpan<string> names)
        {
            if (left.IsEmpty)
                return names.IsEmpty;
            if (left[0] != "**")
                return !names.IsEmpty && Name(left[0], names[0]) && Segments(left[1..], names[1..]);
            // At the end it takes one name at least.
            for (var count = left.Length == 1 ? 1 : 0; count <= names.Length; count++)
            {
                if (Segments(left[1..], names[count..]))
                    return true;
            }

            return false;
        }

        static bool Name(ReadOnlySpan<char> left, ReadOnlySpan<char> name)
        {
            if (left.IsEmpty)
                return name.IsEmpty;
            if (left[0] == '*')
                return Name(left[1..], name) || (!name.IsEmpty && Name(left, name[1..]));
            if (name.IsEmpty)
                return false;
            var (length, fits) = left[0] switch
            {
                '?' => (1, true),
                '[' when left[1] == '!' => (4, name[0] != 'a'),
                '[' => (4, name[0] is 'a' or 'b'),
                var one => (1, one == name[0]),
            };
            return fits && Name(left[length..], name[1..]);
        }
    }

    private static PathPattern Read(string text)
    {
        var pattern = PathPattern.Parse(text, out var fault);
        Assert.Null(fault);
        return pattern!;
    }
}
