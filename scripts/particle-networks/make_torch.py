"""Small attention and graph networks of PyTorch as ONNX files of both exporters, with inputs and outputs.

usage: make_torch.py FOLDER [NAME...]   (torch 2.13, onnx 1.23, onnxscript 0.7; the tests keep the first 24 events)
"""
import os, sys, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),'..'))
from portable_onnx import strip
torch.backends.mha.set_fastpath_enabled(False); out=sys.argv[1]; torch.manual_seed(1); rng=np.random.default_rng(1)
class Attn(nn.Module):
    def __init__(s):
        super().__init__(); s.emb=nn.Linear(3,8); s.mha=nn.MultiheadAttention(8,2,batch_first=True); s.n=nn.LayerNorm(8); s.head=nn.Linear(8,5)
    def forward(s,x):
        x=s.emb(x); y,_=s.mha(x,x,x); x=s.n(x+y); return s.head(x.mean(1))
class Encoder(nn.Module):
    def __init__(s):
        super().__init__(); s.emb=nn.Linear(3,8); s.e=nn.TransformerEncoderLayer(8,2,16,batch_first=True,activation='gelu'); s.head=nn.Linear(8,5)
    def forward(s,x): return s.head(s.e(s.emb(x)).mean(1))
class SDPA(nn.Module):
    def __init__(s):
        super().__init__(); s.q=nn.Linear(3,8); s.k=nn.Linear(3,8); s.v=nn.Linear(3,8); s.o=nn.Linear(8,4)
    def forward(s,x):
        B,N,_=x.shape
        q,k,v=[l(x).view(B,N,2,4).transpose(1,2) for l in (s.q,s.k,s.v)]
        y=F.scaled_dot_product_attention(q,k,v).transpose(1,2).reshape(B,N,8)
        return s.o(y).amax(1)
class Mixer(nn.Module):
    def __init__(s):
        super().__init__(); s.n=nn.LayerNorm(4); s.a=nn.Linear(6,8); s.b=nn.Linear(8,6); s.c=nn.Linear(4,8); s.d=nn.Linear(8,4); s.head=nn.Linear(4,3)
    def forward(s,x):
        y=s.n(x).transpose(1,2); y=s.b(F.gelu(s.a(y))).transpose(1,2); x=x+y
        x=x+s.d(F.silu(s.c(s.n(x)))); return torch.softmax(s.head(x.mean(1)),-1)
class Jedi(nn.Module):
    def __init__(s,n=5,p=3):
        super().__init__(); e=n*(n-1); rr=torch.zeros(n,e); rs=torch.zeros(n,e)
        for i,(r,t) in enumerate((a,b) for a in range(n) for b in range(n) if a!=b): rr[r,i]=1; rs[t,i]=1
        s.register_buffer('rr',rr); s.register_buffer('rs',rs); s.p=p
        s.fr=nn.Sequential(nn.Linear(2*p,8),nn.ReLU(),nn.Linear(8,4)); s.fo=nn.Sequential(nn.Linear(p+4,8),nn.ReLU()); s.fc=nn.Linear(8,5)
    def forward(s,x): # B,N,P
        x=x.transpose(1,2); b=torch.cat([x@s.rr,x@s.rs],1); e=s.fr(b.transpose(1,2)).transpose(1,2)
        a=e@s.rr.t(); c=torch.cat([x,a],1).transpose(1,2); return s.fc(s.fo(c).sum(1))
class LeftAdj(nn.Module):
    def __init__(s,n=5):
        super().__init__(); s.register_buffer('a',torch.tensor(np.roll(np.eye(n,dtype=np.float32),1,0))); s.register_buffer('b',torch.tensor((rng.random((n,n))<.4).astype(np.float32))); s.l=nn.Linear(3,4)
    def forward(s,x): return torch.relu(s.b@s.l(s.a@x)).flatten(1)
class DeepSet(nn.Module):
    def __init__(s):
        super().__init__(); s.phi=nn.Sequential(nn.Linear(3,8),nn.ReLU(),nn.Linear(8,8),nn.ReLU()); s.rho=nn.Sequential(nn.Linear(8,8),nn.Tanh(),nn.Linear(8,2))
    def forward(s,x): return s.rho(s.phi(x).sum(1))
class EdgeNet(nn.Module):
    """Edges are given per event: pairs of node numbers."""
    def __init__(s,f=3,h=4):
        super().__init__(); s.h=h; s.enc=nn.Linear(f,h); s.e=nn.Sequential(nn.Linear(2*h,8),nn.ReLU(),nn.Linear(8,h)); s.o=nn.Sequential(nn.Linear(2*h,8),nn.ReLU(),nn.Linear(8,h)); s.w=nn.Linear(2*h,1)
    def take(s,x,i): return torch.gather(x,1,i.unsqueeze(-1).expand(-1,-1,x.shape[-1]))
    def forward(s,x,src,dst):
        src=src.long(); dst=dst.long(); x=torch.relu(s.enc(x))
        m=s.e(torch.cat([s.take(x,src),s.take(x,dst)],-1))
        agg=torch.zeros_like(x).scatter_add(1,dst.unsqueeze(-1).expand(-1,-1,s.h),m)
        x=s.o(torch.cat([x,agg],-1)); return torch.sigmoid(s.w(torch.cat([s.take(x,src),s.take(x,dst)],-1))).squeeze(-1)
class ELin(nn.Module):
    """Linear attention: no softmax over pairs."""
    def __init__(s):
        super().__init__(); s.q=nn.Linear(3,4); s.k=nn.Linear(3,4); s.v=nn.Linear(3,4); s.o=nn.Linear(4,3)
    def forward(s,x):
        q=torch.softmax(s.q(x),-1); k=torch.softmax(s.k(x),1); c=torch.einsum('bnd,bne->bde',k,s.v(x)); return s.o(torch.einsum('bnd,bde->bne',q,c)).mean(1)
class Conv(nn.Module):
    def __init__(s):
        super().__init__(); s.a=nn.ConvTranspose1d(3,4,3,stride=2,padding=1,output_padding=1); s.b=nn.ConvTranspose1d(4,2,2,stride=2)
    def forward(s,x): return s.b(torch.relu(s.a(x))).flatten(1)
class Norms(nn.Module):
    """LayerNorm written out, and a root mean square norm."""
    def forward(s,x):
        m=x.mean(-1,keepdim=True); v=((x-m)**2).mean(-1,keepdim=True); y=(x-m)/torch.sqrt(v+1e-5); r=x*torch.rsqrt((x**2).mean(-1,keepdim=True)+1e-3)
        return torch.cat([y,r],-1).flatten(1)
models={'attention':(Attn(),[(6,3)]),'encoder':(Encoder(),[(5,3)]),'sdpa':(SDPA(),[(6,3)]),'mixer':(Mixer(),[(6,4)]),'jedi':(Jedi(),[(5,3)]),'adjacency':(LeftAdj(),[(5,3)]),'deepset':(DeepSet(),[(6,3)]),'edges':(EdgeNet(),[(6,3),('i',8,6),('i',8,6)]),'linear':(ELin(),[(6,3)]),'transposed':(Conv(),[(3,5)]),'norms':(Norms(),[(4,6)])}
class Emb(nn.Module):
    def __init__(s):
        super().__init__(); s.t=nn.Embedding(7,3); s.l=nn.Linear(5,4)
    def forward(s,c,x): return s.l(torch.cat([s.t(c.long()),x],-1)).relu().mean(1)
models['embedding']=(Emb(),[('i',5,7),(5,2)])
only=sys.argv[2:]
for name,(m,shapes) in models.items():
    if only and name not in only: continue
    m.eval(); n=64
    xs=[]
    for sh in shapes:
        if sh[0]=='i': xs.append(rng.integers(0,sh[2],(n,sh[1])).astype(np.float32))
        else: xs.append(rng.normal(0,1,(n,*sh)).astype(np.float32))
    args=tuple(torch.tensor(x) for x in xs)
    with torch.no_grad(): y=m(*args).numpy()
    np.save(f'{out}/{name}_x.npy', np.concatenate([x.reshape(n,-1) for x in xs],1)); np.save(f'{out}/{name}_y.npy', y.reshape(n,-1))
    one=tuple(a[:1] for a in args); ins=[f'in{i}' for i in range(len(one))]
    for tag,kw in (('script',dict(dynamo=False,dynamic_axes={k:{0:'b'} for k in ins},input_names=ins,opset_version=17)),('script1',dict(dynamo=False,input_names=ins,opset_version=17)),('dynamo',dict(dynamo=True,input_names=ins)),):
        try:
            with torch.no_grad(): torch.onnx.export(m,one,f'{out}/{name}_{tag}.onnx',**kw, **({'external_data':False} if tag=='dynamo' else {}))
            strip(f'{out}/{name}_{tag}.onnx')
        except Exception as e: print(name,tag,repr(e)[:200])
