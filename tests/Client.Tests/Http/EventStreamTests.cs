using Microsoft.AspNetCore.Http;
using OrleansTasks.Client.Http;
using OrleansTasks.Tests;

namespace OrleansTasks.Client.Tests.Http;

/// <summary>The comments that keep a stream alive.</summary>
public sealed class EventStreamTests
{
    [Fact]
    public async Task Beat_ClockWasSetBack_IsOnTime()
    {
        var time = new ManualTime();
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var stream = await EventStream.Start(context, time);
        time.StepWall(-TimeSpan.FromHours(8));
        Assert.Equal(EventStream.Period, stream.UntilComment);

        time.Advance(EventStream.Period);
        Assert.Equal(TimeSpan.Zero, stream.UntilComment);
        await stream.Beat();
        await context.Response.BodyWriter.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(": still here\n\n", System.Text.Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
        Assert.Equal(EventStream.Period, stream.UntilComment);
    }
}
