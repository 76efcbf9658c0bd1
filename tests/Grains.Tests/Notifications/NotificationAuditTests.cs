using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Notifications;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Notifications;

/// <summary>What the audit shows of a notification, also of one that this version cannot read.</summary>
public sealed class NotificationAuditTests
{
    private static readonly Origin By = new(new TaskId(1, 1), AuditActions.DeleteNotification, "n");

    [Theory]
    [InlineData(
        """{"on":["failed"],"to":{"slack":null,"mail":["a@b"]},"quiet":null,"digest":"5m"}""",
        """{"on":["failed"],"channel":"mail","digest":"5m"}""")]
    [InlineData("""{"to":{"pager":"p"},"every":"5m"}""", """{"channel":"pager"}""")]
    [InlineData("""{"to":{}}""", "{}")]
    [InlineData("""{"to":"p","paused":"later"}""", """{"paused":"later"}""")]
    [InlineData("[]", "{}")]
    [InlineData("no JSON", "{}")]
    public void Of_ABody_ShowsWhatIsKnownOfIt(string body, string shown)
    {
        var row = new NotificationRow("n", 1, Encoding.UTF8.GetBytes(body), 5, 5);

        var record = NotificationAudit.Of(By, 9, row, null)!;

        Assert.Equal((shown, null), (record.Before, record.After));
    }
}
