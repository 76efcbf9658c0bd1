using System.Text;
using OrleansTasks.Files;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a commit's changes to tasks. Used for one commit.</summary>
internal readonly struct TaskWriter
{
    private const string InsertTask = """
        INSERT INTO tasks (key, state, ord, attempt, failures, node_losses, reason, exit_code, queued_at,
            started_at, ended_at, due_at, cancel_requested_at, token, node, signal, node_session,
            id, queue, priority, expires_at, limits, had_secrets, retry, requires, name, extra, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
            ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)
        """;

    private const string UpdateTask = """
        UPDATE tasks SET state = ?2, ord = ?3, attempt = ?4, failures = ?5, node_losses = ?6, reason = ?7,
            exit_code = ?8, queued_at = ?9, started_at = ?10, ended_at = ?11, due_at = ?12, cancel_requested_at = ?13,
            token = ?14, node = ?15, signal = ?16, node_session = ?17, version = ?18
        WHERE key = ?1
        """;

    private const string InsertSpec = "INSERT INTO specs (task, batch, labels, spec) VALUES (?1, ?2, ?3, ?4)";
    private const string InsertSecrets = "INSERT INTO secrets (task, env) VALUES (?1, ?2)";
    private const string DeleteSecrets = "DELETE FROM secrets WHERE task = ?1";
    private const string DeleteFailure = "DELETE FROM failures WHERE task = ?1";
    private const string InsertFailure =
        "INSERT OR REPLACE INTO failures (task, id, queue, fingerprint, at) VALUES (?1, ?2, ?3, ?4, ?5)";

    private const string ReadExtra = "SELECT extra FROM tasks WHERE key = ?1";
    private const string ChangeExtra = "UPDATE tasks SET extra = ?2 WHERE key = ?1";
    private const string InsertLabel = "INSERT INTO labels (name, value, id, task) VALUES (?1, ?2, ?3, ?4)";

    private readonly Connection connection;
    private readonly int queueNo;
    private readonly long version;
    private readonly Statement update;
    private readonly Statement insert;
    private readonly Statement insertSpec;

    /// <summary>Prepares to write a commit.</summary>
    /// <param name="connection">The connection with the open transaction.</param>
    /// <param name="queueNo">The queue's number in the store.</param>
    /// <param name="version">The version of the written rows, which is the commit's own sequence.</param>
    internal TaskWriter(Connection connection, int queueNo, long version)
    {
        this.connection = connection;
        this.queueNo = queueNo;
        this.version = version;
        // Looked up once for each commit, because finding a statement hashes its whole text.
        update = connection.Get(UpdateTask);
        insert = connection.Get(InsertTask);
        insertSpec = connection.Get(InsertSpec);
    }

    /// <summary>Writes one entry. Returns false if the task to change is not stored.</summary>
    internal bool Write(TaskWrite write)
    {
        var key = write.Row.No;
        if (write.New is { } submission)
            Insert(key, write, submission);
        else if (!Update(key, write.Row))
            return false;
        if (write.Result is { } result)
            AttemptWriter.WriteResult(connection, key, result);
        if (write.Superseded is { } superseded)
            AttemptWriter.WriteSuperseded(connection, key, superseded);
        if (write.DropSecrets && write.New is null)
            EraseSecrets(key);
        if (write.ForgetsFailure)
            Delete(DeleteFailure, key);
        if (write.ReservedMemory is > 0 and var memory)
            Reserve(key, memory);
        if (write.Fingerprint is { } fingerprint)
            AddFailure(key, write.Row, fingerprint);
        return true;
    }

    /// <summary>
    /// Deletes a task's secrets and overwrites their bytes, so that no page of the file keeps them, not even a free
    /// one.
    /// </summary>
    private void EraseSecrets(long key)
    {
        connection.Execute("PRAGMA secure_delete = ON");
        Delete(DeleteSecrets, key);
        connection.Execute("PRAGMA secure_delete = FAST");
        connection.ErasedSecrets = true;
    }

    private static void BindRow(Statement statement, long key, in TaskRow row)
    {
        statement.Bind(1, key);
        statement.Bind(2, (long)row.State);
        statement.Bind(3, row.Order);
        statement.Bind(4, (long)row.Attempt);
        statement.Bind(5, row.Failures);
        statement.Bind(6, (long)row.NodeLosses);
        statement.Bind(7, (long)row.Reason);
        statement.BindNullable(8, row.ExitCode);
        statement.Bind(9, row.QueuedAt);
        statement.Bind(10, row.StartedAt);
        statement.Bind(11, row.EndedAt);
        statement.Bind(12, row.DueAt);
        statement.Bind(13, row.CancelRequestedAt);
        statement.Bind(14, row.Token);
        statement.Bind(15, row.Node);
        statement.Bind(16, row.Signal);
        statement.Bind(17, row.NodeSession);
    }

    private bool Update(long key, in TaskRow row)
    {
        BindRow(update, key, row);
        update.Bind(18, version);
        return update.Run() == 1;
    }

    private void Insert(long key, TaskWrite write, TaskSubmission submission)
    {
        BindRow(insert, key, write.Row);
        insert.Bind(18, write.Row.Id);
        insert.Bind(19, queueNo);
        insert.Bind(20, (long)submission.Priority);
        insert.Bind(21, submission.ExpiresAt);
        insert.Bind(22, (long)submission.Limits);
        insert.Bind(23, !submission.SecretEnv.IsEmpty);
        insert.Bind(24, RetryText.Write(submission.Retry));
        BindLabels(insert, 25, submission.Requires);
        insert.Bind(26, submission.Name);
        insert.Bind(27, ExtraText.Write(submission));
        insert.Bind(28, version);
        insert.Run();
        InsertRest(key, write, submission);
    }

    private void InsertRest(long key, TaskWrite write, TaskSubmission submission)
    {
        insertSpec.Bind(1, key);
        if (write.Batch is { } batch)
            insertSpec.Bind(2, batch);
        else
            insertSpec.BindNull(2);
        BindLabels(insertSpec, 3, submission.Labels);
        insertSpec.Bind(4, submission.Spec.Span);
        insertSpec.Run();
        foreach (var label in submission.Labels)
            AddLabel(key, write.Row.Id, label);
        foreach (var file in submission.Files.IsDefault ? [] : submission.Files)
            FileUseWriter.Add(connection, new FileUse(FileUseKind.Task, write.Row.Id.ToString()), file);
        if (submission.SecretEnv.IsEmpty || write.DropSecrets)
            return;
        var secrets = connection.Get(InsertSecrets);
        secrets.Bind(1, key);
        secrets.Bind(2, submission.SecretEnv.Span);
        secrets.Run();
    }

    private void AddLabel(long key, TaskId id, Label label)
    {
        var insert = connection.Get(InsertLabel);
        insert.Bind(1, label.Key);
        insert.Bind(2, label.Value);
        insert.Bind(3, id);
        insert.Bind(4, key);
        insert.Run();
    }

    private void AddFailure(long key, in TaskRow row, long fingerprint)
    {
        var insert = connection.Get(InsertFailure);
        insert.Bind(1, key);
        insert.Bind(2, row.Id);
        insert.Bind(3, queueNo);
        insert.Bind(4, fingerprint);
        insert.Bind(5, row.EndedAt);
        insert.Run();
    }

    private void Reserve(long key, long memory)
    {
        var read = connection.Get(ReadExtra);
        read.Bind(1, key);
        var text = read.Step() ? Encoding.UTF8.GetString(read.Bytes(0)) : "";
        read.Reset();
        var change = connection.Get(ChangeExtra);
        change.Bind(1, key);
        change.Bind(2, ExtraText.WithReservedMemory(text, memory));
        change.Run();
    }

    private void Delete(string sql, long key)
    {
        var delete = connection.Get(sql);
        delete.Bind(1, key);
        delete.Run();
    }

    private static void BindLabels(Statement statement, int index, ImmutableArray<Label> labels)
    {
        if (labels.IsDefaultOrEmpty)
            statement.BindNull(index);
        else
            statement.BindUtf8(index, LabelText.Write(labels));
    }
}
