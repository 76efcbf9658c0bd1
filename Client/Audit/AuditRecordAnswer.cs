using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Audit;

/// <summary>A change that a caller made, as the HTTP contract shows it.</summary>
[Schema("AuditRecord", List = "AuditList"), Description("Who changed what.")]
internal sealed class AuditRecordAnswer
{
    private readonly AuditRecord record;
    private readonly bool showsAddress;

    private AuditRecordAnswer(AuditRecord record, bool showsAddress) => (this.record, this.showsAddress) = (record, showsAddress);

    [RefersTo("Id")]
    public string Id => record.Origin.Id.ToString();

    [Description("When the change was made.")]
    public Timestamp At => record.At;

    [Description("Who made it.")]
    public ActorAnswer Actor => new(record.Origin.Key, record.Origin.KeyName, record.Origin.Says);

    [Description("What was done, such as queue.put.")]
    public string Action => record.Origin.Action;

    [Description("A name or an id, or the filters of a bulk call.")]
    public string? Target => record.Origin.Target;

    [Description("The number of tasks or other resources that were changed."), Range(1, double.PositiveInfinity)]
    public long Count => record.Count;

    [Description("The settings before the change, without secrets; null if they are not recorded.")]
    public StoredJson Before => StoredJson.Of(record.Before);

    [Description("The settings after the change, without secrets; null if they are not recorded.")]
    public StoredJson After => StoredJson.Of(record.After);

    [Description("The header Otask-Reason."), MaxLength(Origin.LongestReason)]
    public string? Reason => record.Origin.Reason;

    [Description("The network address of the caller; null for readers without the scope admin.")]
    public string? Address => showsAddress ? record.Origin.Address : null;

    [Description("Refused requests are not recorded, because they changed nothing."), AllowedValues("done")]
    public string Outcome => "done";

    /// <summary>The example of the contract.</summary>
    public static AuditRecordAnswer Example => Of(new AuditRecord(
        new Origin(Examples.Id, AuditActions.PutQueue, "mail")
        { Key = "k3v9d2", KeyName = "deploy", Says = "olga", Reason = "the mail server is down", Address = "10.0.0.7" },
        Examples.Time, 1)
    { Before = """{"version":4,"paused":false}""", After = """{"version":5,"paused":true}""" });

    /// <summary>Returns the answer of a record.</summary>
    public static AuditRecordAnswer Of(AuditRecord record) => new(record, showsAddress: true);

    /// <summary>Returns the answer for readers who need not be administrators, who alone may see addresses.</summary>
    public static AuditRecordAnswer WithoutAddress(AuditRecord record) => new(record, showsAddress: false);
}
