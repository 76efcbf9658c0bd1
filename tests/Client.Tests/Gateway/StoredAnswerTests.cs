using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Answers as they are kept with their idempotency keys.</summary>
public sealed class StoredAnswerTests
{
    [Fact]
    public void Decode_CutAtAnyByteOfItsHead_IsRefused()
    {
        var kept = new StoredAnswer("/api/v1/tasks/x", "{}"u8.ToArray()).Encode();
        for (var cut = 0; cut < kept.Length - 2; cut++)
            Assert.Throws<FormatException>(() => StoredAnswer.Decode(kept.AsMemory(0, cut)));
        Assert.Equal("/api/v1/tasks/x", StoredAnswer.Decode(kept).Location);
    }
}
