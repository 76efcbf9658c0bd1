using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Audit;
using OrleansTasks.Cli.Cluster;
using OrleansTasks.Cli.Completion;
using OrleansTasks.Cli.Doctor;
using OrleansTasks.Cli.Events;
using OrleansTasks.Cli.Help;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Keys;
using OrleansTasks.Cli.Profiles;
using OrleansTasks.Cli.Schedules;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Cli.Tasks;
using OrleansTasks.Cli.Watching;
using OrleansTasks.Cli.Webhooks;
using OrleansTasks.Cli.Workflows;
using OrleansTasks.Storage;

namespace OrleansTasks.Cli;

/// <summary>The program: its commands, and what becomes of their failures.</summary>
public sealed class CommandLine
{
    private readonly TextWriter errors;
    private readonly TextWriter output;
    private readonly RootCommand root;
    private readonly Command run;

    /// <summary>Makes the program; output of tasks goes to the process's own streams.</summary>
    public CommandLine(TextWriter output, TextWriter errors)
    {
        (this.output, this.errors) = (output, errors);
        var common = new CommonOptions();
        run = RunCommand.Make(common, errors);
        root = new RootCommand("otask: sends tasks to an OrleansTasks gateway and looks after them.")
        {
            common.Url, common.Key, common.ProfileName, common.Json, common.Output, common.Reason,
            SubmitCommand.Make(common, output, errors),
            run,
            GetCommand.Make(common, output),
            ListCommand.Make(common, output),
            WaitCommand.Make(common, output, errors),
            WatchCommand.Make(common, output),
            WhyCommand.Make(common, output),
            TopCommand.Make(common, output),
            LogsCommand.Make(common, output),
            ResultCommand.Make(common),
            ControlCommand.MakeCancel(common, output, errors),
            ControlCommand.MakeRetry(common, output, errors),
            UndoCommand.Make(common, output),
            FailuresCommand.Make(common, output),
            NodesCommand.Make("nodes", common, output),
            NodeCommand.Make(common, output),
            QueuesCommand.Make("queues", common, output),
            QueueCommand.Make(common, output),
            JobCommand.Make(common, output, errors),
            ScheduleCommand.Make(common, output),
            WorkflowCommand.Make(common, output),
            WebhookCommand.Make(common, output),
            EventCommand.Make(common, output, errors),
            AuditCommand.Make(common, output),
            DoctorCommand.Make(common, output),
            ExplainCommand.Make(common, output),
            OpenCommand.Make(common, output),
            ApiCommand.Make(common, errors),
            ConfigCommand.Make(common, output),
            CompletionCommand.Make(output),
            KeyCommand.Make(common, output, errors),
            DbCommand.Make(output),
        };
        LiveNames.AddTo(root, common);
    }

    /// <summary>Runs a command and returns the process's exit code.</summary>
    public async Task<int> Run(string[] args)
    {
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
            return Fail(string.Join('\n', result.Errors.Select(error => error.Message)) + $"\nTry: {Help(result)}", ExitCodes.BadUsage);
        try
        {
            return await result.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                // otask run cancels its task on Ctrl-C, and waits for that.
                ProcessTerminationTimeout = result.CommandResult.Command == run ? null : TimeSpan.FromSeconds(2),
            });
        }
        catch (UsageException e)
        {
            return Fail($"{e.Message}\nTry: {Help(result)}", ExitCodes.BadUsage);
        }
        catch (Exception e) when (e is RefusedException or UnusableDatabaseException or StoreUnavailableException or OutcomeUnknownException)
        {
            return Fail(e.Message, ExitCodes.Refused);
        }
        catch (NotConfirmedException e)
        {
            return Fail(e.Message, ExitCodes.NotConfirmed);
        }
        catch (OutOfReachException e)
        {
            return Fail(e.Message, ExitCodes.OutOfReach);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException { InnerException: TimeoutException })
        {
            // A connection that is not made in time is reported as cancelled.
            return Fail(
                $"the gateway cannot be reached: {(e.InnerException as TimeoutException ?? e).Message} Is it running (make run), and is --url right?",
                ExitCodes.OutOfReach);
        }
        catch (IOException e)
        {
            return Fail($"the answer broke off: {e.Message}", ExitCodes.OutOfReach);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Signal + 2;
        }
    }

    private static string Help(ParseResult result)
    {
        var path = "";
        for (var at = result.CommandResult; at?.Command is not (null or RootCommand); at = at.Parent as CommandResult)
            path = $"{at.Command.Name} {path}";
        return $"otask {path}--help";
    }

    private int Fail(string message, int code)
    {
        errors.WriteLine($"otask: {message}");
        return code;
    }
}
