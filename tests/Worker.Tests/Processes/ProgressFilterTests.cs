using System.Text;
using Google.Protobuf;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Output without the lines of progress.</summary>
public sealed class ProgressFilterTests
{
    private static readonly string[] Words =
    [
        "::progress 1% a\n", "::progress 2.5 b b\n", "::prog", "ress 3%", "\n", "\n\n", ":", "::progress 400%\n",
        "x::progress 4%\n", "plain text ", "plain line\n", "::progress 5%", new string('y', 1_200), "::progress 7%\n",
        LineOf(ProgressLines.LongestLine), LineOf(ProgressLines.LongestLine + 1),
    ];

    [Fact]
    public void Add_HoweverThePiecesAreCut_PassesOnAllOtherLines_AndFindsTheSameProgress()
    {
        var random = new Random(11);
        for (var round = 0; round < 3_000; round++)
        {
            var words = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Words[random.Next(Words.Length)]);
            var text = string.Concat(words);
            // What a reader of whole lines would find.
            var lines = text.Split('\n');
            var others = lines[..^1].Where(static line => Parse(line) is null).Select(static line => line + "\n");
            var expected = string.Concat(others) + lines[^1];
            var progress = lines[..^1].Select(Parse).LastOrDefault(static found => found is not null);
            var sink = new Sink();
            var capture = new OutputCapture(StandardStream.Output, 1 << 20, hidesProgress: true);
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, random.Next(2, 900)), bytes.Length - at);
                capture.Add(bytes[at..(at + length)], length, sink);
                at += length;
                // A worker that is upgraded continues in another program.
                if (random.Next(3) == 0)
                {
                    var record = CaptureRecord.Parser.ParseFrom(capture.ToRecord().ToByteArray());
                    capture = OutputCapture.Of(StandardStream.Output, 1 << 20, record, hidesProgress: true);
                }
            }

            capture.End(sink);
            Assert.Equal(expected, Encoding.UTF8.GetString(sink.Bytes.ToArray()));
            Assert.Equal(progress, sink.Progress);
            var ended = capture.ToCapture();
            Assert.Equal((expected.Length, expected.Length), (ended.KeptBytes, ended.WrittenBytes));
        }
    }

    [Fact]
    public void Add_OfOtherOutput_OffersItsArraysToTheSink_AsWithoutAFilter()
    {
        var sink = new Sink { Keeps = true };
        var capture = new OutputCapture(StandardStream.Output, 1 << 20, hidesProgress: true);

        Assert.True(capture.Add("one\ntwo"u8.ToArray(), 7, sink));
        Assert.True(capture.Add(" three\n"u8.ToArray(), 7, sink));
        Assert.False(capture.Add("::progress 1%\n"u8.ToArray(), 14, sink));
        Assert.True(capture.Add("four"u8.ToArray(), 4, sink));

        Assert.Equal("one\ntwo three\nfour", Encoding.UTF8.GetString(sink.Bytes.ToArray()));
    }

    [Fact]
    public void Add_ManyLinesOfProgress_AreNotCountedAsOutput()
    {
        var sink = new Sink();
        var capture = new OutputCapture(StandardStream.Error, 5, hidesProgress: true);
        var line = "::progress 9% at it\n"u8.ToArray();
        for (var i = 0; i < 1_000; i++)
            capture.Add(line, line.Length, sink);
        capture.Add("first\n"u8.ToArray(), 6, sink);

        Assert.Equal("first", Encoding.UTF8.GetString(sink.Bytes.ToArray()));
        Assert.Equal((5, 6), (capture.ToCapture().KeptBytes, capture.ToCapture().WrittenBytes));
        Assert.Equal(new ProgressLine(900, "at it"), sink.Progress);
    }

    private static string LineOf(int bytes) => "::progress 6% ".PadRight(bytes, 'z') + "\n";

    private static ProgressLine? Parse(string line) => ProgressLines.Parse(Encoding.UTF8.GetBytes(line));

    private sealed class Sink : IOutputSink
    {
        public List<byte> Bytes { get; } = [];

        public bool Keeps { get; init; }

        public ProgressLine? Progress { get; private set; }

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
            Assert.Equal(Bytes.Count, offset);
            Bytes.AddRange(bytes);
        }

        public bool TryKeep(StandardStream stream, long offset, byte[] array)
        {
            if (Keeps)
                Write(stream, offset, array);
            return Keeps;
        }

        public void Report(int hundredths, string message) => Progress = new ProgressLine(hundredths, message);
    }
}
