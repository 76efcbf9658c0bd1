using System.Text;
using OrleansTasks.Storage.Encodings;

namespace OrleansTasks.Storage.Tests.Encodings;

/// <summary>Stored forms that were cut off or damaged: each is refused by a FormatException, and nothing else is thrown.</summary>
public sealed class DamagedFormsTests
{
    [Theory]
    [InlineData("3")]
    [InlineData("3 1 1")]
    [InlineData("99999999999 1 1 1")]
    [InlineData("1 99999999999999999999 1 1")]
    [InlineData("a 1 1 1")]
    [InlineData("1 1 1 1 timeouts=3")]
    [InlineData("1 1 1 1 timeout=300")]
    [InlineData("1 1 1 1 timeout")]
    [InlineData("1 1 1 1 fatal=3-1")]
    [InlineData("1 1 1 1 codes=256")]
    [InlineData("1 1 1 1 memory=2")]
    [InlineData("1 1 1 1 ")]
    public void Retry_IsRefused(string text) => Assert.Throws<FormatException>(() => RetryText.Read(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":\"b\"")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("no JSON")]
    public void Labels_AreRefused(string text) => Assert.Throws<FormatException>(() => LabelText.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Events_CutAtAnyByte_AreRefusedOrWhole()
    {
        var id = new TaskId(1, 2);
        var bytes = new byte[EventCodec.MaxLength(2)];
        var length = EventCodec.Write([new(id, TaskState.Queued, 0), new(id, TaskState.Running, 300)], bytes);
        for (var cut = 0; cut < length; cut++)
        {
            if (Record.Exception(() => EventCodec.Read(bytes.AsSpan(0, cut)).Length) is { } fault)
                Assert.IsType<FormatException>(fault);
            else
                Assert.True(cut is 0 or 18, $"{cut} of {length} bytes were read.");
        }

        Assert.Throws<FormatException>(() => EventCodec.Read([.. bytes.AsSpan(0, 17), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).Length);
    }

    [Fact]
    public void TaskRow_CutAtAnyByteOrLonger_IsRefused()
    {
        var row = new TaskRow
        {
            No = 1, Id = new TaskId(1, 2), State = TaskState.Queued, Order = 3, Node = "n", Signal = "SIGHUP",
        };
        var bytes = TaskRowCodec.Write(row);
        Assert.Equal(row, TaskRowCodec.Read(bytes));
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.Throws<FormatException>(() => TaskRowCodec.Read(bytes.AsSpan(0, cut)));
        Assert.Throws<FormatException>(() => TaskRowCodec.Read([.. bytes, 0]));
        Assert.Throws<FormatException>(() => TaskRowCodec.Read([9, .. bytes.AsSpan(1)]));
    }
}
