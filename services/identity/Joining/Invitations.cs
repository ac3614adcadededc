using Fabrique.Identity.V1;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;

namespace Fabrique.Identity;

internal sealed partial class IdentityGrpc
{
    public override async Task<CreateInvitationResponse> CreateInvitation(CreateInvitationRequest request, ServerCallContext context)
    {
        var grant = await ReadNewAsync(request.Grant, context);
        if (EmailAddress.Read(request.Email) is not { } email)
        {
            throw Refusal.Invalid(
                "email",
                EmailAddress.HasAccent(request.Email)
                    ? $"Avant le signe @, cette adresse a une lettre accentuée : beaucoup de serveurs de courrier ne la transmettent pas."
                    : (FormattableString)$"Indiquez une adresse électronique, par exemple prenom.nom@mairie.fr."
            );
        }
        // What is handed out by hand may be made again: it sends nothing, and only the one who runs the node can.
        if (!request.ReturnLink)
        {
            await BoundInvitationsAsync(email, grant, context);
        }
        var (link, secret) = links.Add(Links.Invitation, email, grant, request.Grant.Function, End("grant.until", request.Grant.Until));
        var response = new CreateInvitationResponse { Invitation = Message(link) };
        if (request.ReturnLink)
        {
            context.Demand(node.Node, "link");
            response.Link = site.Page(Pages.Link + secret);
        }
        else
        {
            await mails.InviteAsync(
                people,
                email,
                grant,
                (await places.FindAsync(grant.Scope, context.CancellationToken)).Name,
                await inviters.NameAsync(Caller(context), context.CancellationToken),
                site,
                secret
            );
        }
        rights.Note(Caller(context), Inviters.Invited, link.Id, grant.ToString());
        await db.SaveChangesAsync(context.CancellationToken);
        await TellDelegationAsync(
            grant,
            "",
            NoticeSentence.Saying(
                $"Une personne est invitée dans la délégation de {new TerritoryName(grant.Scope)}, par une décision prise hors d’elle."
            ),
            context
        );
        return response;
    }

    public override async Task<ListInvitationsResponse> ListInvitations(ListInvitationsRequest request, ServerCallContext context)
    {
        context.Demand(await SubjectAsync(request.Territory, context));
        var now = Now;
        var open = await db
            .Links.AsNoTracking()
            .Where(link => link.Purpose == Links.Invitation && link.Scope == request.Territory && link.ExpiresAt > now)
            .OrderBy(link => link.ExpiresAt)
            .Take(Most)
            .ToListAsync(context.CancellationToken);
        return new ListInvitationsResponse { Invitations = { open.Select(Message) } };
    }

    public override async Task<WithdrawInvitationResponse> WithdrawInvitation(WithdrawInvitationRequest request, ServerCallContext context)
    {
        var link = await db.Links.SingleOrDefaultAsync(
            link => link.Id == request.Id && link.Purpose == Links.Invitation,
            context.CancellationToken
        ) ?? throw Refusal.NotFound($"Cette invitation a servi, ou a été retirée.");
        await DemandToGiveAsync(new Grant(link.Role, link.Scope), context);
        db.Links.Remove(link);
        rights.Note(Caller(context), "invitation withdrawn", link.Id, link.Scope);
        await db.SaveChangesAsync(context.CancellationToken);
        return new WithdrawInvitationResponse();
    }

    private static Invitation Message(LinkRow link) =>
        new()
        {
            Id = link.Id,
            Email = EmailAddress.Show(link.Email),
            Grant = new()
            {
                Role = link.Role,
                Scope = link.Scope,
                Family = link.Family,
                Function = link.Function,
                Until = link.Until is { } until ? Moment(until) : null,
            },
            ExpiresAt = Moment(link.ExpiresAt),
        };
}
