using System.Globalization;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks;

/// <summary>One bound of the service: a row of docs/limits.md.</summary>
/// <param name="Name">What is bounded.</param>
/// <param name="Default">The bound in force without an option.</param>
/// <param name="Option">The option or field that changes the bound; empty if none does.</param>
/// <param name="Answer">What happens at the bound, with the code of the problem if there is one.</param>
/// <param name="Metric">What shows how close the service is to the bound.</param>
public sealed record ServiceLimit(string Name, string Default, string Option, string Answer, string Metric);

/// <summary>
/// All bounds on the data and the work that callers and workers can cause. Code that applies a bound takes its number
/// from here. docs/limits.md has a row for each bound; a test compares the two.
/// </summary>
public static class ServiceLimits
{
    /// <summary>Maximum number of queues in use.</summary>
    public const int MaxQueues = 2_000;

    /// <summary>The free bytes on the data folder's disk below which the store accepts no additions.</summary>
    public const long LowSpaceBytes = 64L << 20;

    /// <summary>Maximum number of tasks of a workflow, nodes and items together.</summary>
    public const int WorkflowTasks = 50_000;

    /// <summary>Maximum number of nodes of a workflow.</summary>
    public const int WorkflowNodes = 10_000;

    /// <summary>Maximum number of conditions of all nodes of a workflow.</summary>
    public const int WorkflowEdges = 100_000;

    /// <summary>Maximum number of items of a node with <c>forEach</c>.</summary>
    public const int Items = 10_000;

    /// <summary>Maximum number of open tasks for the items of a node with <c>forEach</c>.</summary>
    public const int OpenItems = 2_000;

    /// <summary>Maximum number of tasks of a batch.</summary>
    public const int BatchTasks = 10_000;

    /// <summary>Maximum number of submitted tasks that wait for a queue's next commit.</summary>
    public const int SubmittedTasks = 65_536;

    /// <summary>Maximum total bytes of the tasks that <see cref="SubmittedTasks"/> counts.</summary>
    public const long SubmittedBytes = 64L << 20;

    /// <summary>Maximum number of submissions that wait to be sent from one gateway to one queue.</summary>
    public const int WaitingSubmissions = 8_192;

    /// <summary>Maximum total bytes of the submissions that <see cref="WaitingSubmissions"/> counts.</summary>
    public const long WaitingSubmissionBytes = 64L << 20;

    /// <summary>Maximum that a task may set as the limit on running tasks with its concurrency key.</summary>
    public const int ConcurrencyOfKey = 100_000;

    /// <summary>Maximum bytes of results that a job may collect.</summary>
    public const long CollectedBytes = 1L << 30;

    /// <summary>Maximum number of schedules of a queue.</summary>
    public const int Schedules = 100_000;

    /// <summary>Maximum total bytes of the specs of a queue's schedules.</summary>
    public const long ScheduleBytes = 64L << 20;

    /// <summary>Maximum number of schedules of a queue that watch folders.</summary>
    public const int WatchingSchedules = 100;

    /// <summary>Maximum number of files of one listing of a folder.</summary>
    public const int ListedFiles = 1_000;

    /// <summary>Maximum number of files of its folder that a schedule remembers.</summary>
    public const int SeenFiles = 2_000;

    /// <summary>
    /// Maximum number of a schedule's files that wait for their start. Further files are taken as these start.
    /// </summary>
    public const int WaitingFiles = 100;

    /// <summary>Maximum number of folders that a worker lists at once.</summary>
    public const int FoldersAtOnce = 8;

    /// <summary>Maximum number of times of one backfill.</summary>
    public const int BackfillTimes = 1_000;

    /// <summary>
    /// Maximum number of waiting backfill times of a schedule. At the bound another backfill is refused.
    /// </summary>
    public const int WaitingBackfills = 10_000;

    /// <summary>Maximum number of nodes of a rollout.</summary>
    public const int RolloutNodes = 10_000;

    /// <summary>Maximum number of waves of a rollout.</summary>
    public const int RolloutWaves = 100;

    /// <summary>Maximum number of a queue's rollouts that have not ended.</summary>
    public const int OpenRollouts = 100;

    /// <summary>Maximum number of groups in the answer with a rollout's output.</summary>
    public const int RolloutGroups = 1_000;

    /// <summary>Maximum number of audit records about keys.</summary>
    public const long AuditOfAccess = 100_000;

    /// <summary>Maximum number of audit records about settings.</summary>
    public const long AuditOfSettings = 200_000;

    /// <summary>Maximum number of audit records about all other actions.</summary>
    public const long AuditOfWork = 700_000;

    /// <summary>Maximum number of commits of a queue whose events are kept.</summary>
    public const int EventCommits = 100_000;

    /// <summary>Maximum number of node changes that are kept.</summary>
    public const int NodeEvents = 10_000;

    /// <summary>Maximum number of kept changes of queues, schedules and other resources.</summary>
    public const int ResourceEvents = 10_000;

    /// <summary>Maximum number of keys that are not revoked.</summary>
    public const int Keys = 1_000;

    /// <summary>Maximum number of browser sessions of a gateway.</summary>
    public const int Sessions = 10_000;

    /// <summary>Maximum number of browser sessions of one key.</summary>
    public const int SessionsOfKey = 100;

    /// <summary>Maximum number of snoozes of a gateway.</summary>
    public const int Snoozes = 1_000;

    /// <summary>Maximum number of webhooks.</summary>
    public const int Webhooks = 100;

    /// <summary>Maximum number of deliveries of a webhook that wait for another try.</summary>
    public const int OpenDeliveries = 256;

    /// <summary>Maximum number of concurrent tries of all webhooks.</summary>
    public const int Tries = 64;

    /// <summary>
    /// Maximum number of concurrent tries of one webhook, and of its tests and repetitions under way.
    /// </summary>
    public const int TriesOfWebhook = 4;

    /// <summary>Maximum bytes of a request's body.</summary>
    public const int BodyBytes = 1 << 20;

    /// <summary>Maximum bytes of the body of a batch or a workflow.</summary>
    public const int LargeBodyBytes = 16 << 20;

    /// <summary>Maximum bytes of a line in a stream of items.</summary>
    public const int LineBytes = 1 << 20;

    /// <summary>Number of uploads of a job whose progress its grain remembers.</summary>
    public const int Uploads = 16_384;

    /// <summary>Number of uploads whose progress is stored with the job's.</summary>
    public const int StoredUploads = 1_024;

    /// <summary>Maximum bytes of all large request bodies of a gateway that are read or handled at a time.</summary>
    public const long BodiesBytes = 64L << 20;

    /// <summary>Maximum of <see cref="BodiesBytes"/> of one caller.</summary>
    public const long BodiesBytesOfCaller = 32L << 20;

    /// <summary>Maximum number of large request bodies that wait to be read.</summary>
    public const int WaitingBodies = 256;

    /// <summary>Maximum number of one caller's large request bodies that wait to be read.</summary>
    public const int WaitingBodiesOfCaller = 32;

    /// <summary>
    /// The average that a large body, and a reader of a large answer, must reach after the first half minute.
    /// </summary>
    public const int LeastBytesPerSecond = 16 << 10;

    /// <summary>The bytes of items after which an answer with a list ends early; its last item may exceed it.</summary>
    public const int ListBytes = 4 << 20;

    /// <summary>Maximum bytes of all large answers of a gateway that are read or sent at a time.</summary>
    public const long AnswersBytes = 128L << 20;

    /// <summary>Maximum of <see cref="AnswersBytes"/> of one caller.</summary>
    public const long AnswersBytesOfCaller = 64L << 20;

    /// <summary>Maximum number of large answers of a gateway that wait for room.</summary>
    public const int WaitingAnswers = 16_384;

    /// <summary>Maximum number of one caller's large answers that wait for room.</summary>
    public const int WaitingAnswersOfCaller = 8_192;

    /// <summary>Maximum number of connections of a gateway.</summary>
    public const int Connections = 20_000;

    /// <summary>Maximum number of connections of a gateway that speak HTTP/2.</summary>
    public const int Http2Connections = 128;

    /// <summary>Maximum number of concurrent requests of an HTTP/2 connection.</summary>
    public const int Http2Streams = 32;

    /// <summary>Maximum number of shapes of demand with series of their own in the metrics: those that have waited longest.</summary>
    public const int DemandShapes = 50;

    /// <summary>Maximum length of a label of such a series, in characters.</summary>
    public const int DemandLabel = 200;

    /// <summary>Maximum number of event streams and followed logs of a gateway.</summary>
    public const int EventStreams = 1_000;

    /// <summary>Maximum number of <c>/api/v1/live</c> streams of a gateway.</summary>
    public const int LiveStreams = 500;

    /// <summary>Maximum number of concurrent long reads of a gateway.</summary>
    public const int Reads = 4;

    /// <summary>Maximum number of concurrent long reads of one caller.</summary>
    public const int ReadsOfCaller = 2;

    /// <summary>Maximum number of waiting long reads of a gateway.</summary>
    public const int WaitingReads = 256;

    /// <summary>Maximum number of waiting long reads of one caller.</summary>
    public const int WaitingReadsOfCaller = 32;

    /// <summary>Maximum number of tasks that a list can sort.</summary>
    public const int SortedTasks = 100_000;

    /// <summary>Maximum bytes of output that a search examines.</summary>
    public const long SearchedBytes = 256L << 20;

    /// <summary>Maximum number of tasks whose output one search examines.</summary>
    public const int SearchedTasks = 10_000;

    /// <summary>Maximum bytes of a stream that a search of many tasks examines.</summary>
    public const long SearchedStreamBytes = 16L << 20;

    /// <summary>Maximum bytes of an MCP tool's answer.</summary>
    public const int McpAnswerBytes = 128 << 10;

    /// <summary>Maximum bytes of output in an MCP tool's answer.</summary>
    public const int McpOutputBytes = 64 << 10;

    /// <summary>Maximum number of calendars.</summary>
    public const int Calendars = 200;

    /// <summary>Maximum number of days that a calendar lists.</summary>
    public const int CalendarDays = 1_000;

    /// <summary>Maximum number of rules that a calendar lists.</summary>
    public const int CalendarRules = 50;

    /// <summary>Maximum bytes of a calendar's file.</summary>
    public const int CalendarFileBytes = 256 << 10;

    /// <summary>Maximum number of separate times of a calendar within <see cref="CalendarYears"/>.</summary>
    public const int CalendarSpans = 4_000;

    /// <summary>How many years ahead the times of a calendar are computed.</summary>
    public const int CalendarYears = 10;

    /// <summary>Maximum number of calendars that <c>only</c> or <c>except</c> of a schedule names.</summary>
    public const int CalendarsOfSchedule = 16;

    /// <summary>Maximum number of blackouts of a queue.</summary>
    public const int Blackouts = 100;

    /// <summary>Maximum number of worker connections to a silo.</summary>
    public const int WorkerConnections = 20_000;

    /// <summary>Maximum number of worker connections to a silo that have no certificate yet.</summary>
    public const int Strangers = 1_000;

    /// <summary>Maximum number of <see cref="Strangers"/> from one address.</summary>
    public const int StrangersOfAddress = 50;

    /// <summary>Maximum number of failures to join from one address in a minute.</summary>
    public const int JoinFailures = 10;

    /// <summary>Maximum bytes of a block of a file under way between processes.</summary>
    public const int FileBlockBytes = 1 << 20;

    /// <summary>Maximum bytes of a file.</summary>
    public const long FileBytes = 64L << 30;

    /// <summary>Maximum number of files that one call asks for.</summary>
    public const int FilesAsked = 10_000;

    /// <summary>Maximum number of files that a worker fetches with one call.</summary>
    public const int FilesFetchedTogether = 1_000;

    /// <summary>Maximum number of files in an archive that is uploaded.</summary>
    public const int ArchiveFiles = 100_000;

    /// <summary>Maximum bytes of the paths in an archive that is uploaded.</summary>
    public const int ArchivePathBytes = 16 << 20;

    /// <summary>Maximum number of files that an attempt gets.</summary>
    public const int MostInputs = 100_000;

    /// <summary>Maximum bytes of the files that a PostgreSQL database stores.</summary>
    public const long FilesInDatabase = 20L << 30;

    /// <summary>Maximum number of definitions.</summary>
    public const int Definitions = 10_000;

    /// <summary>Maximum number of versions of a definition.</summary>
    public const int DefinitionVersions = 10_000;

    /// <summary>The number of runs of a definition that are kept; older ones are forgotten.</summary>
    public const int DefinitionRuns = 10_000;

    /// <summary>Maximum number of parameters of a definition.</summary>
    public const int Parameters = 64;

    /// <summary>Maximum bytes of a parameter's value.</summary>
    public const int ParameterBytes = 64 << 10;

    /// <summary>Maximum number of choices of a parameter.</summary>
    public const int Choices = 1_000;

    /// <summary>Maximum bytes of a line that is a choice of a parameter.</summary>
    public const int ChoiceBytes = 1 << 10;

    /// <summary>The bytes of a task's output that are read for the choices of a parameter.</summary>
    public const int ChoiceOutputBytes = 256 << 10;

    /// <summary>Maximum number of definitions from which the parameters of one, or of those of a workflow, take choices.</summary>
    public const int ChoiceSources = 16;

    /// <summary>Maximum length of a parameter's pattern in characters.</summary>
    public const int PatternLength = 500;

    /// <summary>Maximum length of the description of a definition or a parameter in characters.</summary>
    public const int DescriptionLength = 2_000;

    /// <summary>Maximum number of entries in the list of a data job's stored files.</summary>
    public const int JobSourceEntries = 1_000;

    /// <summary>Maximum number of stored files that a data job reads.</summary>
    public const int JobSourceFiles = 10_000;

    /// <summary>Maximum number of definitions, by name, among which MCP clients find tools.</summary>
    public const int ToolDefinitions = 1_000;

    /// <summary>Maximum number of nodes of a workflow that name a definition.</summary>
    public const int NodeDefinitions = 1_000;

    /// <summary>Maximum number of workflows of definitions inside each other.</summary>
    public const int DefinitionDepth = 4;

    /// <summary>Maximum number of triggers.</summary>
    public const int Triggers = 1_000;

    /// <summary>Maximum number of conditions of a trigger's filter.</summary>
    public const int TriggerConditions = 20;

    /// <summary>Maximum length of a trigger's JSON pointer in characters.</summary>
    public const int PointerLength = 500;

    /// <summary>Runs a minute that a trigger starts, unless it says otherwise.</summary>
    public const int TriggerRate = 60;

    /// <summary>The most runs a minute that a trigger may start.</summary>
    public const int LargestTriggerRate = 600;

    /// <summary>
    /// Maximum number of deliveries with a bad signature to a trigger, from one address in a minute.
    /// </summary>
    public const int BadSignatures = 10;

    /// <summary>Maximum length of the message of a task's progress in characters.</summary>
    public const int ProgressMessage = 200;

    /// <summary>Maximum number of tasks whose progress the live stream shows.</summary>
    public const int ShownProgress = 500;

    /// <summary>Maximum number of notifications.</summary>
    public const int Notifications = 100;

    /// <summary>Maximum number of mail addresses of a notification.</summary>
    public const int NotificationAddresses = 20;

    /// <summary>
    /// Maximum size of the body of a notification in bytes. One reply of the service lists all notifications.
    /// </summary>
    public const int NotificationBytes = 64 * 1024;

    /// <summary>The most events that a message tells in words.</summary>
    public const int NotificationLines = 20;

    /// <summary>Maximum number of characters of a message's subject, and of its template.</summary>
    public const int NotificationSubject = 200;

    /// <summary>Maximum number of characters with which a template describes an event, and of that template.</summary>
    public const int NotificationEventText = 2_000;

    /// <summary>Maximum number of characters of a message's text by a template, and of that template.</summary>
    public const int NotificationText = 20_000;

    /// <summary>Maximum number of definition patterns of a key.</summary>
    public const int KeyDefinitions = 100;

    /// <summary>The shortest time between two messages of a notification, unless it says otherwise.</summary>
    public static readonly TimeSpan NotificationDigest = TimeSpan.FromMinutes(1);

    /// <summary>How long a file stays that nothing names and nobody asks for.</summary>
    public static readonly TimeSpan FileAge = TimeSpan.FromDays(1);

    /// <summary>How long the bytes of expired artifacts stay.</summary>
    public static readonly TimeSpan ExpiredFileAge = TimeSpan.FromHours(1);

    /// <summary>How long a request's body may go without a byte.</summary>
    public static readonly TimeSpan BodyStall = TimeSpan.FromSeconds(30);

    /// <summary>How long a reader of an answer may take for the next bytes.</summary>
    public static readonly TimeSpan AnswerStall = TimeSpan.FromSeconds(30);

    /// <summary>How long a reader of output or of a job's results may take for the next bytes.</summary>
    public static readonly TimeSpan DownloadStall = TimeSpan.FromMinutes(5);

    /// <summary>How long an upload of items waits while no worker takes any of the job's items.</summary>
    public static readonly TimeSpan UploadStall = TimeSpan.FromMinutes(5);

    /// <summary>How long a gateway repeats a call that feeds a job and that its grain cannot answer.</summary>
    public static readonly TimeSpan FeedRepeats = TimeSpan.FromMinutes(1);

    /// <summary>How long a long read may wait for its turn.</summary>
    public static readonly TimeSpan ReadWait = TimeSpan.FromSeconds(10);

    /// <summary>How long a long read may run.</summary>
    public static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(20);

    /// <summary>How long a search may examine output.</summary>
    public static readonly TimeSpan SearchTime = TimeSpan.FromSeconds(2);

    private const string None = "none";
    private const string Space = "`/readyz`; the attention entry `store-low-space`";
    private const string Files = "`GET /api/v1/files`";
    private const string Nodes = "the nodes in `GET /api/v1/workflows/{id}`";
    private const string Queues = "`GET /api/v1/queues`";
    private const string Audit = "`orleanstasks_audit_records`, `orleanstasks_audit_dropped_total`";
    private const string WaitingMetric = "`orleanstasks_reads_waiting`, `orleanstasks_reads_refused_total`";
    private const string BodiesMetric = "`orleanstasks_bodies_waiting`, `orleanstasks_bodies_refused_total`";
    private const string AnswersMetric = "`orleanstasks_answers_waiting`, `orleanstasks_answers_refused_total`";
    private const string RefusedMetric = "`orleanstasks_reads_refused_total`";

    /// <summary>All bounds, in the order of docs/limits.md.</summary>
    public static readonly ImmutableArray<ServiceLimit> All =
    [
        new("free space on the disk of the data folder", $"{Bytes(LowSpaceBytes)}, or a tenth of a disk under 640 MiB",
            "", "503 `store-unavailable`", Space),
        new("free space to start tasks", "half of that mark", "", "waiting tasks stay queued", Space),
        new("reserve for ends, cancels and retention", "a quarter of that mark", "", "used in steps of a sixteenth",
            "the size of the file `reserve` in the data folder"),
        new("size of a file", Bytes(FileBytes), "", "413 `file-too-large`", None),
        new("stored files together, in a PostgreSQL database", Bytes(FilesInDatabase), "`--file-store-max`", "507 `file-store-full`", Files),
        new("stored files together, in a data folder", None, "`--file-store-max`", "507 `file-store-full`", Files),
        new("stored files together, in a bucket", None, "`--file-store-max`", "507 `file-store-full`", Files),
        new("time for which a file stays that nothing names and nobody asks for", "1 day", "", "it is removed",
            "`expiresAt` in `GET /api/v1/files`"),
        new("stored files that something names", None, "`--retention-files`",
            "artifacts of ended tasks expire, the oldest first", "`artifactsExpired` of the task"),
        new("files that one call asks for", Count(FilesAsked), "", "422 `invalid-files`", None),
        new("files of an uploaded archive", $"{Count(ArchiveFiles)}, with {Bytes(ArchivePathBytes)} of paths", "", "422 `invalid-archive`", None),
        new("files of a task", $"{Count(TaskFile.Most)} entries, {Count(MostInputs)} files", "", "422 `invalid-task`", None),
        new("files from addresses that a silo downloads at once, from one server", "16, 4", "",
            "further attempts wait with their slots", None),
        new("time of the download of a file from an address", "6 h, and 1 min for each 256 KiB", "",
            "the attempt fails with `file-unavailable`", None),
        new("stored files of a data job", $"{Count(JobSourceEntries)} entries, {Count(JobSourceFiles)} files", "",
            "422 `invalid-job`", None),
        new("paths, hosts or mounts of a sandbox or container", Count(TaskIsolation.MostPaths), "", "422 `invalid-task`",
            None),
        new("connections of a sandbox to its listed hosts", "64", "", "further connections wait", None),
        new("connections of all sandboxes of a worker to listed hosts", "1,024", "", "a further one waits for 30 s and gets 503",
            "the worker's log"),
        new("names that are resolved at once for sandboxes", "4 of a task, 64 of a worker", "",
            "further ones wait, within the 30 s to connect", None),
        new("request of a sandbox to its proxy", "16 KiB in 10 s; 30 s to connect", "",
            "the command gets 431 or 502", "the worker's log"),
        new("a variable of a container", "64 KiB, without line breaks", "", "the attempt fails with `spawn-failed`",
            None),
        new("time to pull an image", "1 hour", "", "the attempt fails with `image-unavailable`", None),
        new("artifacts of a task", $"{Count(TaskArtifact.MostFiles)}, or {Bytes(TaskArtifact.DefaultMaxBytes)}",
            $"`maxArtifactBytes`, up to {Bytes(TaskArtifact.LargestMaxBytes)}", "the attempt fails with `artifact-too-large`", "`artifactBytes` of the task"),
        new("definitions", Count(Definitions), "", "409 `too-many-definitions`", "`GET /api/v1/definitions`"),
        new("versions of a definition", Count(DefinitionVersions), "", "409 `too-many-versions`", "`GET /api/v1/definitions/{name}/history`"),
        new("runs of a definition that are kept", Count(DefinitionRuns), "", "the oldest are forgotten; what they started stays",
            "`GET /api/v1/definitions/{name}/runs`"),
        new("parameters of a definition, choices of a parameter, bytes of a value",
            $"{Count(Parameters)}, {Count(Choices)}, {Bytes(ParameterBytes)}", "", "422 `invalid-definition`, 422 `invalid-run`", None),
        new("bytes of a printed line that is a choice of a parameter, bytes of the output that are read",
            $"{Bytes(ChoiceBytes)}, {Bytes(ChoiceOutputBytes)}", "",
            "longer lines, and what is printed after 1,000 choices or so many bytes, are no choices",
            "`leftOut` and `truncated` of `GET /api/v1/definitions/{name}?choices=true`"),
        new("definitions that print choices of one definition, or of those of a workflow", Count(ChoiceSources), "",
            "422 `invalid-definition`, 422 `invalid-run`", None),
        new("definitions among which MCP clients find tools", Count(ToolDefinitions), "",
            "those that follow by name are no tools", None),
        new("nodes of a workflow that name a definition, those of its definitions' workflows included",
            Count(NodeDefinitions), "", "422 `invalid-workflow`, `invalid-schedule`, `invalid-run` or `invalid-definition`", None),
        new("workflows of definitions inside each other", Count(DefinitionDepth), "", "the same", None),
        new("message of a task's progress", $"{ProgressMessage} characters", "", "it is truncated", None),
        new("the start of a line that `hideProgress` holds back", "1,024 bytes", "", "the line is ordinary output", None),
        new("reports of a task's progress that are stored", "1 a second", "", "the latest is stored", None),
        new("tasks whose progress the live stream shows", Count(ShownProgress), "",
            "the tasks that reported last are shown", None),
        new("triggers", Count(Triggers), "", "409 `too-many-triggers`", "`GET /api/v1/triggers`"),
        new("conditions of a trigger, length of a JSON pointer",
            $"{TriggerConditions}, {PointerLength} characters", "", "422 `invalid-trigger`", None),
        new("runs a minute that a trigger starts, at each gateway",
            Count(TriggerRate), $"`rate`, up to {LargestTriggerRate}", "429 `rate-limited`", None),
        new("deliveries with a bad signature to a trigger from one address, at each gateway",
            $"{Count(BadSignatures)} a minute", "", "429 `rate-limited`", None),
        new("difference of a delivery's signed time from the service's", "5 min", "", "401 `bad-signature`", None),
        new("notifications, addresses of one, bytes of its body",
            $"{Notifications}, {NotificationAddresses}, {Bytes(NotificationBytes)}", "",
            "409 `too-many-notifications`, 422 `invalid-notification`, 413 `body-too-large`",
            "`GET /api/v1/notifications`"),
        new("events that a message tells in words", Count(NotificationLines), "", "the others are counted", None),
        new("characters of the subject, an event and the text that a template makes, and of the template",
            $"{Count(NotificationSubject)}, {Count(NotificationEventText)}, {Count(NotificationText)}", "",
            "422 `invalid-notification`; what a message has beyond is cut", None),
        new("time between two messages of a notification", "1 min", "`digest`, from 1s to 1d",
            "events wait for the next message", "`waiting` of the notification"),
        new("definition patterns of a key", Count(KeyDefinitions), "", "422 `invalid-key`", None),
        new("queues in use", Count(MaxQueues), "`--max-queues`", "429 `too-many-queues`", Queues),
        new("waiting tasks of a queue", None, "`maxDepth` of the queue", "429 `queue-full`", Queues),
        new("submitted tasks that wait for a queue's next commit",
            $"{Count(SubmittedTasks)}, or {Bytes(SubmittedBytes)}", "", "429 `queue-full`", None),
        new("submissions of a gateway to one queue that wait",
            $"{Count(WaitingSubmissions)}, or {Bytes(WaitingSubmissionBytes)}", "", "429 `queue-full`", None),
        new("size of a task submitted in a transaction", Bytes(BodyBytes), "", "the caller's statement fails with SQLSTATE 54000", None),
        new("tasks submitted in transactions that wait", None, "", "they wait in the database", "the attention entry `submissions-waiting`"),
        new("refused tasks of transactions", None, "`--retention-failed`", "they are removed after this time",
            "the attention entry `submissions-refused`"),
        new("tasks of a batch", Count(BatchTasks), "", "422 `invalid-task`", None),
        new("nodes of a workflow", $"{Count(WorkflowNodes)}, with {Count(WorkflowEdges)} conditions", "",
            "422 `invalid-workflow`", None),
        new("tasks of a workflow, nodes and items together", Count(WorkflowTasks), "",
            "the node whose list is too long fails with `bad-result`", Nodes),
        new("items of a node with `forEach`", Count(Items), "", "the node fails with `bad-result`", Nodes),
        new("open items of a node with `forEach`",
            $"{Count(OpenItems)}, and what the queue's `maxDepth` allows, but always one", "",
            "further items are created as these end", Nodes),
        new("`debounce` and `debounceMax` of a task", $"{Tasks.TaskUnique.LongestDebounce.Days} days", "",
            "422 `invalid-task`", None),
        new("running tasks with one concurrency key", "1", $"`concurrency.limit`, up to {Count(ConcurrencyOfKey)}",
            "further tasks wait", "`GET /api/v1/tasks/{id}/why`"),
        new("results that a job collects", Bytes(CollectedBytes), "", "the job fails with `results-too-large`", None),
        new("schedules of a queue", $"{Count(Schedules)}, or {Bytes(ScheduleBytes)} of specs", "", "429 `queue-full`",
            "`GET /api/v1/schedules`"),
        new("schedules of a queue that watch a folder", Count(WatchingSchedules), "", "429 `queue-full`",
            "`GET /api/v1/schedules`"),
        new("files of one look at a folder", Count(ListedFiles), "",
            "`folderProblem` of the schedule says so; the others wait until files have left", "`GET /api/v1/schedules/{id}`"),
        new("files of its folder that a schedule remembers", Count(SeenFiles), "",
            "`folderProblem` of the schedule says so; new files wait", "`GET /api/v1/schedules/{id}`"),
        new("files of a schedule that wait for their start", Count(WaitingFiles), "",
            "further files are taken as these start", "`GET /api/v1/schedules/{id}/occurrences`"),
        new("folders that a worker lists at once", Count(FoldersAtOnce), "",
            "`folderProblem` of the schedule says so; it asks again at its next time", "`GET /api/v1/schedules/{id}`"),
        new("times of one backfill", Count(BackfillTimes), "", "422 `too-many-occurrences`", None),
        new("times of backfills of a schedule that wait", Count(WaitingBackfills), "", "429 `queue-full`",
            "`GET /api/v1/schedules/{id}/occurrences`"),
        new("nodes, waves of a rollout", $"{Count(RolloutNodes)}, {Count(RolloutWaves)}", "", "422 `invalid-rollout`",
            None),
        new("calendars", Count(Calendars), "", "409 `too-many-calendars`", "`GET /api/v1/calendars`"),
        new("days, rules, file of a calendar", $"{Count(CalendarDays)}, {Count(CalendarRules)}, {Bytes(CalendarFileBytes)}", "", "422 `invalid-calendar`", None),
        new("separate times of a calendar within years from now", $"{Count(CalendarSpans)}, {CalendarYears} years", "", "422 `invalid-calendar`", None),
        new("calendars of `only`, of `except`; blackouts of a queue", $"{CalendarsOfSchedule}, {CalendarsOfSchedule}; {Blackouts}", "", "422 `invalid-schedule` or `invalid-queue`", None),
        new("rollouts of a queue that have not ended", Count(OpenRollouts), "", "429 `queue-full`",
            "`GET /api/v1/rollouts`"),
        new("groups of a rollout's output", Count(RolloutGroups), "", "the answer's `complete` is false", None),
        new("audit records of keys, settings, other actions",
            $"{Count(AuditOfAccess)}, {Count(AuditOfSettings)}, {Count(AuditOfWork)}", "",
            "the oldest of the same class are removed", Audit),
        new("events that are kept: commits of a queue, changes of nodes, changes of other resources",
            $"{Count(EventCommits)}, {Count(NodeEvents)}, {Count(ResourceEvents)}", "", "the oldest are removed", None),
        new("keys that are not revoked", Count(Keys), "", "409 `too-many-keys`", "`GET /api/v1/keys`"),
        new("browser sessions of a gateway, of one key", $"{Count(Sessions)}, {Count(SessionsOfKey)}", "",
            "the sessions that expire first end", "`GET /api/v1/sessions`"),
        new("snoozes of a gateway", Count(Snoozes), "", "the snooze that expires first ends", None),
        new("webhooks", Count(Webhooks), "", "409 `too-many-webhooks`", "`GET /api/v1/webhooks`"),
        new("deliveries of a webhook that wait for another try", Count(OpenDeliveries), "",
            "new events wait in the store", "`GET /api/v1/webhooks/{id}/deliveries`"),
        new("concurrent tries of all webhooks, of one webhook", $"{Count(Tries)}, {Count(TriesOfWebhook)}", "",
            "further tries wait", None),
        new("pending tests and repetitions of a webhook", Count(TriesOfWebhook), "", "429 `rate-limited`", None),
        new("body of a request, of a batch or workflow, a line of items",
            $"{Bytes(BodyBytes)}, {Bytes(LargeBodyBytes)}, {Bytes(LineBytes)}", "", "413 `body-too-large`", None),
        new("time without a byte of the body", Time(BodyStall), "", "408 `request-timeout`", None),
        new("large bodies of requests of a gateway, of one caller", $"{Bytes(BodiesBytes)}, {Bytes(BodiesBytesOfCaller)}",
            "", "further bodies wait", "`orleanstasks_bodies_bytes`"),
        new("large bodies of a gateway that wait", Count(WaitingBodies), "", "503 `not-ready`", BodiesMetric),
        new("large bodies of one caller that wait", Count(WaitingBodiesOfCaller), "", "429 `rate-limited`", BodiesMetric),
        new("average rate of a large body, of the reader of a large answer", $"{Bytes(LeastBytesPerSecond)} a second", "",
            "408 `request-timeout`", "`orleanstasks_answers_cut_total`"),
        new("time in which no worker starts a chunk of a job while items are uploaded", Time(UploadStall), "",
            "429 `rate-limited`", None),
        new("time for which a gateway repeats a block of items that the job's silo or the store cannot take",
            Time(FeedRepeats), "", "503 or 504; `accepted` has what is stored", None),
        new("uploads of a job whose stored items it remembers, after a restart", $"{Count(Uploads)}, {Count(StoredUploads)}",
            "", "409 `upload-unknown` for an older one", None),
        new("items in an answer with a list", Bytes(ListBytes), "", "the answer has fewer items than `limit`", None),
        new("large answers of a gateway, of one caller", $"{Bytes(AnswersBytes)}, {Bytes(AnswersBytesOfCaller)}", "",
            "further answers wait", "`orleanstasks_answers_bytes`"),
        new("large answers of a gateway that wait", Count(WaitingAnswers), "", "503 `not-ready`", AnswersMetric),
        new("large answers of one caller that wait", Count(WaitingAnswersOfCaller), "", "429 `rate-limited`", AnswersMetric),
        new("time in which a reader takes nothing of an answer, of output or results",
            $"{Time(AnswerStall)}, {Time(DownloadStall)}", "", "the connection is closed", "`orleanstasks_answers_cut_total`"),
        new("connections of a gateway", Count(Connections), "", "a further connection is closed", None),
        new("HTTP/2 connections of a gateway, requests of each", $"{Count(Http2Connections)}, {Count(Http2Streams)}", "",
            "a further connection speaks HTTP/1.1; a further request of a connection waits in its client", "`orleanstasks_http2_connections`"),
        new("shapes with series of their own in the metrics of demand, characters of their labels", $"{Count(DemandShapes)}, {Count(DemandLabel)}", "",
            "the rest is added up as `other`", "`orleanstasks_demand_tasks`"),
        new("event streams and followed logs of a gateway", Count(EventStreams), "", "429 `rate-limited`", None),
        new("live streams of a gateway", Count(LiveStreams), "", "429 `rate-limited`", None),
        new("concurrent long reads of a gateway, of one caller", $"{Count(Reads)}, {Count(ReadsOfCaller)}", "",
            "further reads wait", "`orleanstasks_reads_running`"),
        new("long reads of a gateway that wait", Count(WaitingReads), "", "503 `not-ready`", WaitingMetric),
        new("long reads of one caller that wait", Count(WaitingReadsOfCaller), "", "429 `rate-limited`", WaitingMetric),
        new("time that a long read waits, runs", $"{Time(ReadWait)}, {Time(ReadTime)}", "", "503 `not-ready`",
            RefusedMetric),
        new("tasks that a list sorts", Count(SortedTasks), "", "422 `too-many-to-sort`", None),
        new("output that a search reads", $"{Bytes(SearchedBytes)}, or {Time(SearchTime)}", "",
            "the answer's `next` continues the search", None),
        new("tasks that a search of many reads, bytes of a stream", $"{Count(SearchedTasks)}, {Bytes(SearchedStreamBytes)}", "",
            "the answer's `complete` is false", None),
        new("answer of an MCP tool, output in it", $"{Bytes(McpAnswerBytes)}, {Bytes(McpOutputBytes)}", "",
            "long texts are truncated; if that is not enough, the tool's error is `answer-too-large`", None),
        new("connections of workers to a silo", Count(WorkerConnections), "", "a further connection is closed", None),
        new("connections without a certificate to a silo, from one address",
            $"{Count(Strangers)}, {Count(StrangersOfAddress)}", "", "the oldest of them is closed", None),
        new("failures to join from one address", $"{Count(JoinFailures)} a minute", "", "`RESOURCE_EXHAUSTED`", None),
    ];

    /// <summary>Formats a number as in docs/limits.md and messages.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes >> 30} GiB",
        >= 1L << 20 => $"{bytes >> 20} MiB",
        _ => $"{bytes >> 10} KiB",
    };

    private static string Time(TimeSpan time) =>
        time.TotalMinutes < 1 ? $"{time.TotalSeconds:0} s" : $"{time.TotalMinutes:0} min";
}
