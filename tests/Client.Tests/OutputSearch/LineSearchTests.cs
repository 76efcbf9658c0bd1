using System.Text;
using OrleansTasks.Client.OutputSearch;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.OutputSearch;

/// <summary>Searching output in pieces finds what a search of all of it finds.</summary>
public sealed class LineSearchTests
{
    [Theory]
    [InlineData("a", "a\nb\nca\n", "0:1:a 5:3:ca")]
    [InlineData("a", "aaa\na", "0:1:aaa 4:2:a")]
    [InlineData("ü", "x\r\nxüy\r\n", "4:2:xüy")]
    [InlineData("b", "\n\nb", "2:3:b")]
    public void Text_IsFoundOnceALine(string text, string output, string expected) =>
        Assert.Equal(
            expected, Shown(Search(LineMatcher.OfText(text, ignoreCase: false), Encoding.UTF8.GetBytes(output))));

    [Theory]
    [InlineData("^b$", "ab\nb\nb\r\nbc\n", "3:2:b 5:3:b")]
    [InlineData("^$", "a\n\nb\n", "2:2:")]
    [InlineData("a.c", "a\nc\nabc", "4:3:abc")]
    [InlineData("a\\sb", "a\nb\na b\n", "4:3:a b")]
    [InlineData("[0-9]+ms$", "üü took 17ms\n", "10:1:üü took 17ms")]
    public void Pattern_IsMatchedLineByLine(string pattern, string output, string expected) =>
        Assert.Equal(
            expected, Shown(Search(LineMatcher.OfPattern(pattern, ignoreCase: false), Encoding.UTF8.GetBytes(output))));

    [Fact]
    public void IgnoreCase_MeansTextAsItIs()
    {
        var output = "Disk.Quota\nDISKxQUOTA\ndisk.quota\n"u8.ToArray();
        Assert.Equal([1, 3],
            Search(LineMatcher.OfText("disk.quota", ignoreCase: true), output).Select(static match => match.Line));
        Assert.Equal([3],
            Search(LineMatcher.OfText("disk.quota", ignoreCase: false), output).Select(static match => match.Line));
    }

    [Fact]
    public void Pattern_InBytesThatAreNoText_TellsTheByte()
    {
        byte[] output = [0xff, 0xc3, (byte)'\n', 0xe2, 0x82, 0xff, (byte)'x', (byte)'\n'];
        var match = Assert.Single(Search(LineMatcher.OfPattern("x", ignoreCase: false), output));
        Assert.Equal((6, 2), (match.Offset, match.Line));
    }

    [Theory]
    [InlineData("(?=a)b")]
    [InlineData("(a)\\1")]
    [InlineData("(?>a+)b")]
    public void Pattern_ThatTakesBacktracking_IsRefused(string pattern) =>
        Assert.Throws<NotSupportedException>(() => LineMatcher.OfPattern(pattern, ignoreCase: false));

    [Theory]
    [InlineData("((a|b){1,60}c?){1,60}")]
    [InlineData("((a|b){1,900}c?)*")]
    [InlineData("(\\w+\\s?){1,500}")]
    [InlineData("(((a|b){1,6}c?){1,6}d?){1,6}")]
    [InlineData("((a|b)(?#{1}){60}c?){60}")]
    [InlineData("(?x)((a|b){1,60} c?) {1,60}")]
    [InlineData("((a|b){1,60}[[(]?c?){1,60}")]
    [InlineData("((a|b){1,60}[a-z-[(]]?){1,60}")]
    [InlineData("((a|b){1,60}\\c[c?){1,60}")]
    public void Pattern_WhoseCountsMultiply_IsRefused(string pattern) =>
        Assert.Throws<NotSupportedException>(() => LineMatcher.OfPattern(pattern, ignoreCase: false));

    [Theory]
    [InlineData("a{1,900}", 0)]
    [InlineData("(\\d{1,3}\\.){3}\\d{1,3}", 9)]
    [InlineData("([0-9a-f]{4}-){3}", 12)]
    [InlineData("(\\w+=(\\w+|\"[^\"]*\") ?)+", 75)]
    [InlineData("(a{2,}b){3}|(c{4}d){5}", 41)]
    [InlineData("[](){9}]{3}(x{2}y)", 0)]
    public void Pattern_AsPeopleWriteThem_IsAllowed(string pattern, long cost)
    {
        Assert.Equal(cost, PatternCost.Of(pattern));
        LineMatcher.OfPattern(pattern, ignoreCase: true);
    }

    /// <summary>Patterns that match, which is what takes long: their ends and beginnings are looked for.</summary>
    [Theory]
    [InlineData("((a|b){1,60}c?){1,60}")]
    [InlineData("((a|b){1,14}c?){1,14}")]
    [InlineData("(a+b?){1,40}")]
    [InlineData("(\\w+\\s?){1,40}")]
    public async Task Pattern_ThatMatches_IsFoundOrRefusedInTime(string pattern)
    {
        var output = Encoding.UTF8.GetBytes(new string('a', 600) + "\n" + new string('a', 16_000) + "\n");

        var found = await Task.Run(() =>
        {
            try
            {
                return Search(LineMatcher.OfPattern(pattern, ignoreCase: false), output).Select(static match => match.Offset).ToArray();
            }
            catch (NotSupportedException)
            {
                return [0, 601];
            }
        }, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal([0, 601], found);
    }

    [Fact]
    public void Pattern_ThatExplodesElsewhere_TakesLinearTime()
    {
        var output = Encoding.UTF8.GetBytes(new string('a', 500_000) + "!\n");
        Assert.Empty(Search(LineMatcher.OfPattern("^(a+)+$", ignoreCase: false), output));
    }

    [Fact]
    public void Add_TheTimeIsOver_StopsWithinThePage_AndTheNextSearchGoesOnThere()
    {
        var page = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 50_000).Select(static line => $"line {line}\n")));
        var matcher = LineMatcher.OfText("9999", ignoreCase: false);
        var found = new List<LineMatch>();
        var search = new LineSearch(matcher, 0, 1, isFound: false);
        var calls = 1;
        while (!search.Add(page.AsSpan((int)search.Offset), isLast: true, 1_000, found, static () => true))
        {
            search = new LineSearch(matcher, search.Offset, search.Line, search.IsFound);
            calls++;
        }

        Assert.Equal(Search(matcher, page), found);
        Assert.InRange(calls, page.Length / LineSearch.Part, (2 * page.Length / LineSearch.Part) + found.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pieces_AndStops_ChangeNothing(int seed)
    {
        var random = new Random(seed);
        var output = new byte[3_000];
        foreach (ref var value in output.AsSpan())
            value = (byte)"ab \n\rü"[random.Next(5)];
        foreach (var matcher in (LineMatcher[])[
            LineMatcher.OfText("ab", ignoreCase: false), LineMatcher.OfPattern("^a.*b$|bb", ignoreCase: false),
            LineMatcher.OfPattern("^", ignoreCase: false)])
        {
            var whole = Search(matcher, output);
            Assert.NotEmpty(whole);
            foreach (var size in (int[])[1, 7, 64, 5_000])
            {
                Assert.Equal(whole, Search(matcher, output, size));
                Assert.Equal(whole, InSteps(matcher, output, size, most: 1));
                Assert.Equal(whole, InSteps(matcher, output, size, most: 3));
            }
        }
    }

    [Fact]
    public void LongLine_IsSearchedInParts_ThatOverlap()
    {
        var output = new byte[(3 * LineSearch.LongestLine) + 10];
        output.AsSpan().Fill((byte)'.');
        // Over the border of the first part.
        "needle"u8.CopyTo(output.AsSpan(LineSearch.LongestLine - 3));
        output[^5] = (byte)'\n';
        "nee"u8.CopyTo(output.AsSpan(output.Length - 3));

        var match = Assert.Single(Search(LineMatcher.OfText("needle", ignoreCase: false), output, 65_536));
        Assert.Equal((LineSearch.LongestLine - 3, 1), (match.Offset, match.Line));
        Assert.Contains("..needle..", match.Text, StringComparison.Ordinal);
        Assert.Equal(1_000, match.Text.Length);
        Assert.Equal(
            [1, 2], Search(LineMatcher.OfText("nee", ignoreCase: false), output, 65_536).Select(static found => found.Line));
    }

    [Fact]
    public void Text_OfALongLine_IsNotCutWithinACharacter()
    {
        var output = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("€", 300)) + "x" + string.Concat(Enumerable.Repeat("€", 900)));
        var match = Assert.Single(Search(LineMatcher.OfText("x", ignoreCase: false), output));
        Assert.Matches("^€+x€+$", match.Text);
        Assert.InRange(Encoding.UTF8.GetByteCount(match.Text), 990, 1_000);
    }

    private static List<LineMatch> Search(LineMatcher matcher, byte[] output, int size = 4_096)
    {
        var found = new List<LineMatch>();
        Feed(new LineSearch(matcher, 0, 1, isFound: false), output, size, int.MaxValue, found);
        return found;
    }

    /// <summary>Stops after some matches, and goes on with a new search from there.</summary>
    private static List<LineMatch> InSteps(LineMatcher matcher, byte[] output, int size, int most)
    {
        var all = new List<LineMatch>();
        var search = new LineSearch(matcher, 0, 1, isFound: false);
        while (true)
        {
            var found = new List<LineMatch>();
            var isDone = Feed(search, output, size, most, found);
            Assert.True(found.Count <= most);
            all.AddRange(found);
            if (isDone)
                return all;
            search = new LineSearch(matcher, search.Offset, search.Line, search.IsFound);
        }
    }

    private static bool Feed(LineSearch search, byte[] output, int size, int most, List<LineMatch> found)
    {
        do
        {
            var from = (int)search.Next;
            var piece = output.AsSpan(from, Math.Min(size, output.Length - from));
            if (!search.Add(piece, from + piece.Length == output.Length, most, found))
                return false;
        }
        while (search.Next < output.Length);
        return true;
    }

    private static string Shown(List<LineMatch> found) =>
        string.Join(' ', found.Select(static match => $"{match.Offset}:{match.Line}:{match.Text}"));
}
