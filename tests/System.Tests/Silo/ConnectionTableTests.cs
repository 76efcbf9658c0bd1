using OrleansTasks.Silo.Nodes;

namespace OrleansTasks.System.Tests.Silo;

public sealed class ConnectionTableTests
{
    [Fact]
    public void Sessions_ThatAreNotTrustedAnyMore_AreForgotten()
    {
        var time = new ForwardTime();
        var table = new ConnectionTable(time);
        for (var i = 0; i < 100; i++)
            table.Confirm($"w{i}", 1);
        Assert.True(table.IsConfirmed("w7", 1));

        time.Forward(TimeSpan.FromSeconds(11));
        table.Confirm("w100", 1);

        Assert.Equal(1, table.Sessions);
        Assert.True(table.IsConfirmed("w100", 1));
    }
}
