namespace OrleansTasks.Silo.Files;

internal sealed partial class FilePlace
{
    [LoggerMessage(EventId = 4433, Level = LogLevel.Warning,
        Message = "Files can be neither stored nor read: {Fault} Tasks without files run.")]
    private partial void Unreachable(string fault);

    [LoggerMessage(EventId = 4434, Level = LogLevel.Error,
        Message = "The stored file {Name} is not where this silo looks for it. Was the service started without its "
            + "option --files?")]
    private partial void Absent(string name);
}
